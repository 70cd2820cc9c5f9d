// A new experiment: a data set and a template, or a file that is pasted; what is wrong with it stands beside the text; then the run's own page.

import { api, send } from "./api.js";
import { editor } from "./editor.js";
import { field, h } from "./dom.js";

const patience = 400;   // ms without a keystroke

export function submission(view, session, given) {
  view.append(h("h1", {}, "New experiment"));
  if (!session.hasCluster || !session.may("submit")) {
    view.append(h("p", { class: "soft" }, session.hasCluster ? "This key may only look: submitting needs one with the scope submit." : "There is no cluster here that could train it."));
    return () => { };
  }
  const data = h("select", { id: "data", onchange: () => write() }), template = h("select", { id: "template", onchange: () => write() });
  const about = h("p", { class: "soft" }), verdict = h("div", { role: "status", class: "verdict" });
  const submit = h("button", { class: "main", disabled: true }, "Submit");
  const text = editor("The experiment file", changed);
  const form = h("form", {},
    h("div", { class: "row" }, field("Data set", data), field("Template", template), h("a", { href: "/v1/templates/reference.conf", target: "_blank" }, "Every key there is")), about,
    text.element, h("div", { class: "row" }, submit, verdict));
  view.append(form);
  let templates = [], written = "", timer = 0, asked = 0, isSending = false;

  session.attempt(async () => {
    const [sets, kinds] = await Promise.all([api("/v1/data-sets"), api("/v1/templates")]);
    templates = kinds;
    data.append(...sets.map(set => h("option", { value: set.name, selected: set.name === given }, set.name)));
    template.append(...kinds.map(kind => h("option", { value: kind.id }, kind.title)));
    data.disabled = template.disabled = sets.length === 0;
    if (sets.length === 0) about.replaceChildren("No data set was uploaded yet: ", h("a", { href: "#data" }, "upload one"), ", or paste an experiment file that names a folder of the cluster's.");
    else await write();
  });

  /** A text of the user's own is not written over unasked. */
  async function write() {
    if (text.value !== written && text.value.trim() && !confirm("Write over your changes with the template?")) return;
    about.textContent = templates.find(kind => kind.id === template.value)?.description ?? "";
    await session.attempt(async () => {
      text.value = written = await api(`/v1/templates/${template.value}?data=${encodeURIComponent(data.value)}`);
      await check();
    });
  }

  function changed() {
    clearTimeout(timer);
    submit.disabled = true;
    timer = setTimeout(() => session.attempt(check), patience);
  }

  async function check() {
    const number = ++asked;
    if (!text.value.trim()) {
      text.show([], []);
      verdict.replaceChildren();
      return;
    }
    const found = await send("/v1/experiments:check", text.value);
    if (number !== asked) return;       // a newer text was asked about
    text.show(found.errors, found.warnings);
    submit.disabled = !found.valid || isSending;
    verdict.className = found.valid ? "verdict" : "verdict bad";
    verdict.replaceChildren(found.valid ? `Valid: '${found.name}'.` : `${found.errors.length} ${found.errors.length === 1 ? "error" : "errors"}.`);
  }

  form.addEventListener("submit", async e => {
    e.preventDefault();
    clearTimeout(timer);
    isSending = submit.disabled = true;
    verdict.className = "verdict soft";
    verdict.replaceChildren("The cluster looks at the data …");
    try {
      const taken = await send("/v1/experiments", text.value);
      if (view.isConnected) location.hash = `#experiments/${encodeURIComponent(taken.name)}`;
    } catch (problem) {
      if (problem.status === 401) await session.attempt(() => { throw problem; });
      text.show(problem.errors, []);
      verdict.className = "verdict bad";
      verdict.replaceChildren(problem.message);
      submit.disabled = false;
    } finally {
      isSending = false;
    }
  });
  return () => clearTimeout(timer);
}
