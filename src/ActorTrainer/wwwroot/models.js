import { api, post } from "./api.js";
import { field, h, number, percent, table, time } from "./dom.js";

export function models(view, session) {
  const list = h("div", {});
  view.append(h("h1", {}, "Models"), list);
  return session.poll(3000, async () => {
    const all = await api("/v1/models");
    list.replaceChildren(all.length === 0
      ? h("p", { class: "soft" }, "There is none yet: a run that has completed is a model of its own name.")
      : table("Models", [["Name"], ["Version that answers"], ["Chosen by"], ["Versions", "n"]], all.map(model => h("tr", {},
        h("td", {}, h("a", { href: `#models/${encodeURIComponent(model.name)}` }, model.name)),
        h("td", {}, h("code", {}, model.answering)),
        h("td", {}, model.promoted ? "promotion" : "being the newest"),
        h("td", { class: "n" }, number(model.versions.length))))));
  });
}

/** One model: try it, see its versions, choose which of them answers. */
export function model(view, session, name) {
  const path = `/v1/models/${encodeURIComponent(name)}`;
  const facts = h("div", {}), versions = h("div", {});
  const trial = canary(chosen => decide("canary", chosen));
  view.append(h("h1", {}, name), facts, h("h2", {}, "Try it"), tryIt(path, session), h("h2", {}, "Versions"), versions, trial.element);

  const decide = (what, body) => session.attempt(async () => show(await post(`${path}/${what}`, body)));
  const end = () => session.attempt(async () => show(await api(`${path}/canary`, { method: "DELETE" })));
  const show = model => {
    const answering = model.versions.find(version => version.version === model.answering);
    facts.replaceChildren(answering?.model ? about(answering.model) : "");
    versions.replaceChildren(
      table("Versions", [["Version"], [""], ["Run"], ["Step", "n"], ["Validation top-1", "n"], ["Test top-1", "n"], ["Begun"], [""]],
        model.versions.map(version => h("tr", {},
          h("td", {}, h("code", {}, version.version)),
          h("td", {}, version.version === model.answering ? h("span", { class: "state up" }, model.promoted ? "promoted" : "answers")
            : version.version === model.canary?.version ? h("span", { class: "state running" }, `on trial, ${percent(model.canary.share)}`) : ""),
          h("td", {}, h("a", { href: `#experiments/${encodeURIComponent(version.run)}` }, version.run)),
          h("td", { class: "n" }, number(version.step)),
          h("td", { class: "n" }, percent(version.validation?.top1)),
          h("td", { class: "n" }, percent(version.test?.top1)),
          h("td", { class: "soft" }, time(version.created)),
          h("td", {}, h("div", { class: "row" },
            session.may("admin") && version.version !== model.promoted && h("button", { type: "button", "aria-label": `Promote version ${version.version}`, onclick: () => decide("promote", { version: version.version }) }, "Promote"),
            h("a", { class: "button", href: `${path}/versions/${version.version}/weights`, "aria-label": `Download the weights of version ${version.version}` }, "Weights")))))),
      ...model.versions.filter(version => version.promote_if).map(version => h("p", { class: "soft" }, h("code", {}, version.version), " ",
        version.rule ? `was ${version.rule.promoted ? "promoted" : "not promoted"} by its rule: ${version.rule.reason}` : `has a rule that is yet to be applied: ${version.promote_if}`)),
      session.may("admin") ? h("div", { class: "row" },
        model.promoted && h("button", { type: "button", onclick: () => decide("rollback") }, "Roll back the last promotion"),
        model.canary && h("button", { type: "button", onclick: end }, "End the trial")) : "");
    trial.offer(session.may("admin") ? model.versions.filter(version => version.version !== model.answering) : []);
  };
  return session.poll(5000, async () => show(await api(path)));
}

/** A share of the requests for another version. Its fields stay as they are while the versions above are looked at again. */
function canary(begin) {
  const version = h("select", { id: "canary" }), share = h("input", { id: "share", type: "number", min: 1, max: 100, value: 10, required: true });
  const element = h("form", { class: "row trial", hidden: true }, field("Give", share), field("% of the requests to version", version), h("button", {}, "Begin a trial"));
  element.addEventListener("submit", e => {
    e.preventDefault();
    begin({ version: version.value, share: Number(share.value) / 100 });
  });
  return {
    element,
    offer(versions) {
      element.hidden = versions.length === 0;
      const names = versions.map(one => one.version);
      if (names.join() !== [...version.options].map(option => option.value).join()) version.replaceChildren(...names.map(name => h("option", { value: name }, name)));
    },
  };
}

function about(model) {
  const labels = model.labels.slice(0, 30).join(", ") + (model.labels.length > 30 ? ", …" : "");
  return h("dl", {},
    h("dt", {}, "Architecture"), h("dd", {}, model.architecture),
    h("dt", {}, "Input"), h("dd", {}, `${model.image_size} × ${model.image_size} × ${model.channels}, after ${model.transforms.map(step => step.$type).join(", ") || "nothing"}`),
    h("dt", {}, number(model.labels.length) + " labels"), h("dd", {}, labels));
}

function tryIt(path, session) {
  const results = h("div", { class: "results", "aria-live": "polite" });
  const input = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, onchange: () => take(input.files) });
  const drop = h("div", { class: "drop" },
    h("p", { class: "soft" }, "Drop pictures here, or"), h("button", { type: "button", class: "main", onclick: () => input.click() }, "Choose pictures"), input);
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, e => {
    e.preventDefault();
    drop.classList.add("over");
  });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", e => {
    e.preventDefault();
    take(e.dataTransfer.files);
  });

  function take(files) {
    results.replaceChildren();
    for (const file of [...files].slice(0, 24)) session.attempt(() => ask(file));
  }

  async function ask(file) {
    const url = URL.createObjectURL(file);
    const picture = h("img", { src: url, alt: file.name, onload: () => URL.revokeObjectURL(url), onerror: () => URL.revokeObjectURL(url) });
    const words = h("div", {}, h("p", { class: "soft" }, "…"));
    results.append(h("div", { class: "result" }, picture, words));
    try {
      const answer = await api(`${path}:predict`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      words.replaceChildren(h("ol", { "aria-label": `Labels of ${file.name}` }, answer.results[0].predictions.map(best => h("li", {},
        h("span", { class: "bar", width: `${best.probability * 100}%` }), h("span", {}, best.label), h("span", { class: "n" }, percent(best.probability))))),
        h("small", { class: "soft" }, `version ${answer.version}`));
    } catch (e) {
      words.replaceChildren(h("p", { class: "bad" }, e.message));
      if (e.status === 401) throw e;
    }
  }

  return h("div", {}, drop, results);
}
