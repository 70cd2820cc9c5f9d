import { api } from "./api.js";
import { h, number, percent, state, table, time } from "./dom.js";

/** The list, looked at again as long as it is shown. */
export function experiments(view, session) {
  const list = h("div", {});
  view.append(h("div", { class: "row" }, h("h1", {}, "Experiments"), session.may("submit") && session.hasCluster && h("a", { class: "button main", href: "#new" }, "New experiment")), list);
  return session.poll(3000, async () => {
    const runs = await api("/v1/experiments?limit=1000");
    list.replaceChildren(runs.length === 0
      ? h("p", { class: "soft" }, "There is none yet. A new one is begun here, or with 'actortrainer submit FILE'; 'actortrainer run FILE' trains one without a cluster.")
      : table("Experiments", [["Name"], ["State"], ["Progress"], ["Step", "n"], ["Best top-1", "n"], ["Test top-1", "n"], ["Trainers", "n"], ["Changed"]],
        runs.sort((a, b) => b.updated.localeCompare(a.updated)).map(row)));
  });
}

function row(run) {
  return h("tr", {},
    h("td", {}, h("a", { href: `#experiments/${encodeURIComponent(run.name)}` }, run.name)),
    h("td", {}, state(run.state)),
    h("td", {}, h("progress", { max: Math.max(1, run.steps), value: run.step, "aria-label": `${run.step} of ${run.steps} steps` })),
    h("td", { class: "n" }, `${number(run.step)} / ${number(run.steps)}`),
    h("td", { class: "n" }, percent(run.best?.top1)),
    h("td", { class: "n" }, percent(run.test?.top1)),
    h("td", { class: "n" }, number(run.trainers)),
    h("td", { class: "soft" }, time(run.updated)));
}
