import { api } from "./api.js";
import { h, number, state, table } from "./dom.js";

export function cluster(view, session) {
  const list = h("div", {});
  view.append(h("h1", {}, "Cluster"), list);
  if (!session.hasCluster) {
    list.append(h("p", { class: "soft" }, "This is 'actortrainer serve': it answers for models and belongs to no cluster. 'actortrainer node' begins one."));
    return () => { };
  }
  return session.poll(2000, async () => {
    const { nodes, experiments } = await api("/v1/cluster");
    const runs = await Promise.all(experiments.map(name => api(`/v1/experiments/${encodeURIComponent(name)}`)));
    list.replaceChildren(
      table("Nodes", [["Node"], ["State"], ["Roles"], ["Device"], ["Trains"]], nodes.map(node => h("tr", {},
        h("td", {}, h("code", {}, node.name)), h("td", {}, state(node.state)), h("td", {}, node.roles.join(", ")), h("td", {}, node.device ?? "–"),
        h("td", {}, node.trains ? h("a", { href: `#experiments/${encodeURIComponent(node.trains)}` }, node.trains) : "–")))),
      h("h2", {}, "Under way"),
      runs.length === 0 ? h("p", { class: "soft" }, "Nothing.")
        : table("Under way", [["Experiment"], ["State"], ["Generation", "n"], ["Trainers", "n"], ["Step", "n"]], runs.map(run => h("tr", {},
          h("td", {}, h("a", { href: `#experiments/${encodeURIComponent(run.name)}` }, run.name)), h("td", {}, state(run.state)),
          h("td", { class: "n" }, number(run.generation)), h("td", { class: "n" }, number(run.trainers)), h("td", { class: "n" }, `${number(run.step)} / ${number(run.steps)}`)))));
  });
}
