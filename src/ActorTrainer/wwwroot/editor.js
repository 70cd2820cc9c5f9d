// A text with line numbers, and beside it what is wrong with which line.

import { h } from "./dom.js";

/** @param changed called when the user has changed the text */
export function editor(label, changed) {
  const gutter = h("div", { class: "gutter", "aria-hidden": "true" }), remarks = h("ol", { class: "remarks", id: "remarks", "aria-live": "polite" });
  const area = h("textarea", { id: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", rows: 26, "aria-label": label, "aria-describedby": "remarks" });
  const marks = new Map();

  const number = () => {
    const lines = area.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: lines }, (_, i) => h("span", { class: marks.get(i + 1) }, String(i + 1))));
    gutter.scrollTop = area.scrollTop;
  };
  const goTo = line => {
    const lines = area.value.split("\n"), start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(area).lineHeight));
  };
  const remark = (problem, kind) => h("li", {}, h("button", { type: "button", class: `remark ${kind}`, disabled: !problem.line, onclick: () => goTo(problem.line) },
    h("b", {}, [problem.line ? `Line ${problem.line}` : "The file", problem.path].filter(Boolean).join(" · ")), problem.message, problem.suggestion ? `; did you mean '${problem.suggestion}'?` : ""));

  area.addEventListener("input", () => {
    number();
    changed();
  });
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  number();
  return {
    element: h("div", { class: "editor" }, h("div", { class: "text" }, gutter, area), remarks),
    get value() { return area.value; },
    set value(text) {
      area.value = text;
      number();
    },
    show(errors, warnings) {
      marks.clear();
      for (const problem of warnings) marks.set(problem.line, "warned");
      for (const problem of errors) marks.set(problem.line, "wrong");
      area.setAttribute("aria-invalid", String(errors.length > 0));
      remarks.replaceChildren(...errors.map(problem => remark(problem, "wrong")), ...warnings.map(problem => remark(problem, "warned")));
      number();
    },
  };
}
