// Elements from code. Text is always text: nothing that comes from data can become markup.

/** h("td", { class: "n", onclick: f }, "text", node, ...); null and false children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "width") element.style.width = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export function table(caption, heads, rows) {
  return h("div", { class: "wide" }, h("table", { "aria-label": caption },
    h("thead", {}, h("tr", {}, heads.map(([text, kind]) => h("th", { class: kind, scope: "col" }, text)))),
    h("tbody", {}, rows)));
}

/** A control with its label, which stay together on a narrow page. */
export const field = (text, control) => h("span", { class: "field" }, h("label", { for: control.id }, text), control);

export const percent = share => share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`;
export const number = value => value === null || value === undefined ? "–" : value.toLocaleString("en");
export const bytes = value => value < 1024 ? `${value} B` : value < 1 << 20 ? `${(value / 1024).toFixed(1)} KiB` : value < 1 << 30 ? `${(value / (1 << 20)).toFixed(1)} MiB` : `${(value / 2 ** 30).toFixed(2)} GiB`;
export const time = text => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
export const state = name => h("span", { class: `state ${name}` }, name);
