// Data sets: upload a zip, look at what is in it, begin an experiment with it.

import { api, Refused, upload } from "./api.js";
import { bytes, field, h, number, table, time } from "./dom.js";

const link = name => `#data/${encodeURIComponent(name)}`;

export function dataSets(view, session) {
  const list = h("div", {});
  view.append(h("h1", {}, "Data"));
  if (!session.hasCluster) {
    view.append(h("p", { class: "soft" }, "This is 'actortrainer serve': it answers for models and takes no data. 'actortrainer node' begins a cluster that does."));
    return () => { };
  }
  if (session.may("submit")) view.append(uploading(session));
  view.append(h("h2", {}, "Data sets"), list);
  return session.poll(5000, async () => {
    const sets = await api("/v1/data-sets");
    list.replaceChildren(sets.length === 0
      ? h("p", { class: "soft" }, "There is none yet.")
      : table("Data sets", [["Name"], ["Parts"], ["Classes", "n"], ["Pictures", "n"], ["Size", "n"], ["Uploaded"]], sets.map(set => h("tr", {},
        h("td", {}, h("a", { href: link(set.name) }, set.name)),
        h("td", {}, set.parts.map(part => part.name || "–").join(", ")),
        h("td", { class: "n" }, number(set.parts[0]?.classes.length)),
        h("td", { class: "n" }, number(set.pictures)),
        h("td", { class: "n" }, bytes(set.bytes)),
        h("td", { class: "soft" }, time(set.created))))));
  });
}

const tame = file => file.replace(/\.zip$/i, "").toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+|[-._]+$/g, "").slice(0, 64) || "pictures";

function uploading(session) {
  let file = null, way = null;
  const chosen = h("p", { class: "soft" }, "A zip with a folder of pictures for each class, or with train and test folders of such.");
  const input = h("input", { type: "file", accept: ".zip,application/zip", hidden: true, onchange: () => take(input.files[0]) });
  const name = h("input", { id: "set-name", required: true, pattern: "[a-z0-9][a-z0-9._\\-]{0,63}", title: "a lower-case letter or digit, then up to 63 of a-z 0-9 . _ -", autocomplete: "off" });
  const progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Upload" }), word = h("p", { role: "status" });
  const send = h("button", { class: "main", disabled: true }, "Upload"), stop = h("button", { type: "button", hidden: true, onclick: () => way?.abort() }, "Stop");
  const form = h("form", { class: "drop" }, chosen,
    h("div", { class: "row middle" }, h("button", { type: "button", onclick: () => input.click() }, "Choose a zip"), input, field("Name", name), send, stop), progress, word);

  function take(picked) {
    if (!picked) return;
    file = picked;
    chosen.textContent = `${file.name}, ${bytes(file.size)}`;
    if (!name.value) name.value = tame(file.name);
    word.textContent = "";
    send.disabled = false;
  }

  form.addEventListener("submit", async e => {
    e.preventDefault();
    way = new AbortController();
    send.disabled = true;
    progress.hidden = stop.hidden = false;
    word.className = "soft";
    word.textContent = "";
    try {
      // A gateway that refuses at once may close the connection before the browser has read why.
      if ((await api("/v1/data-sets")).some(set => set.name === name.value)) throw new Refused(409, `There is a data set '${name.value}' already: choose another name.`);
      const set = await upload(`/v1/data-sets/${encodeURIComponent(name.value)}`, file, way.signal, share => {
        progress.value = share;
        word.textContent = share < 1 ? `${Math.round(share * 100)} %` : "Looking at the pictures …";
      });
      location.hash = link(set.name);
    } catch (problem) {
      if (problem.status === 401) await session.attempt(() => { throw problem; });
      word.className = "bad";
      word.textContent = problem.message;
      send.disabled = false;
    } finally {
      progress.hidden = stop.hidden = true;
    }
  });
  for (const kind of ["dragenter", "dragover"]) form.addEventListener(kind, e => {
    e.preventDefault();
    form.classList.add("over");
  });
  for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => form.classList.remove("over"));
  form.addEventListener("drop", e => {
    e.preventDefault();
    take(e.dataTransfer.files[0]);
  });
  return form;
}

/** One data set: its classes and some of their pictures. */
export function dataSet(view, session, name) {
  const path = `/v1/data-sets/${encodeURIComponent(name)}`, page = 24;
  const about = h("div", {}), pictures = h("div", { class: "pictures" }), more = h("button", { type: "button", hidden: true }, "More pictures");
  view.append(about);
  session.attempt(async () => {
    const set = await api(path);
    const part = h("select", { id: "part" }, set.parts.map(part => h("option", { value: part.name }, part.name || "all"))), label = h("select", { id: "class" });
    const chosen = () => set.parts.find(known => known.name === part.value);
    const classes = () => label.replaceChildren(h("option", { value: "" }, `all (${number(chosen().pictures)})`),
      ...chosen().classes.map(known => h("option", { value: known.name }, `${known.name} (${number(known.pictures)})`)));

    const load = from => session.attempt(async () => {
      const query = new URLSearchParams({ part: part.value, from, limit: page });
      if (label.value) query.set("class", label.value);
      const found = await api(`${path}/pictures?${query}`);
      if (from === 0) pictures.replaceChildren();
      pictures.append(...found.map(one => h("figure", {}, h("img", { src: one.thumbnail, alt: one.path, loading: "lazy" }), h("figcaption", {}, one.class))));
      more.hidden = found.length < page;
    });
    part.addEventListener("change", () => {
      classes();
      load(0);
    });
    label.addEventListener("change", () => load(0));
    more.addEventListener("click", () => load(pictures.childElementCount));
    classes();

    about.append(
      h("div", { class: "row" }, h("h1", {}, set.name),
        session.may("submit") && h("a", { class: "button main", href: `#new/${encodeURIComponent(set.name)}` }, "Train on it"),
        session.may("admin") && h("button", { type: "button", onclick: () => remove(set) }, "Delete")),
      h("p", { class: "soft" }, `${number(set.pictures)} pictures, ${bytes(set.bytes)}. Experiments name it `, h("code", {}, set.location), "."),
      table("Parts", [["Part"], ["In an experiment"], ["Classes", "n"], ["Pictures", "n"]], set.parts.map(part => h("tr", {},
        h("td", {}, part.name || "all"), h("td", {}, h("code", {}, part.location)), h("td", { class: "n" }, number(part.classes.length)), h("td", { class: "n" }, number(part.pictures))))),
      h("h2", {}, "Pictures"),
      h("div", { class: "row" }, set.parts.length > 1 && field("Part", part), field("Class", label)), pictures, more);
    await load(0);
  });

  const remove = set => confirm(`Delete ${set.name}? Runs that were trained on it keep their results.`) && session.attempt(async () => {
    await api(path, { method: "DELETE" });
    location.hash = "#data";
  });
  return () => { };
}
