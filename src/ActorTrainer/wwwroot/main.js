import { api, post } from "./api.js";
import { cluster } from "./cluster.js";
import { dataSet, dataSets } from "./data.js";
import { h } from "./dom.js";
import { experiment } from "./experiment.js";
import { experiments } from "./experiments.js";
import { model, models } from "./models.js";
import { submission } from "./submission.js";

const scopes = ["read", "submit", "admin"];
const view = document.getElementById("view"), notice = document.getElementById("notice"), logout = document.getElementById("logout");
let scope = null, hasCluster = true, close = () => { };

/** What a view is given: who looks, and how trouble is told. */
const session = {
  may: wanted => scopes.indexOf(scope) >= scopes.indexOf(wanted),
  get hasCluster() { return hasCluster; },
  say: text => { notice.textContent = text; },

  async attempt(what) {
    try {
      await what();
      return true;
    } catch (e) {
      if (e.status === 401) login();
      else session.say(e.message);
      return false;
    }
  },

  /** Now and again and again, one after the other. Returns how to end it. */
  poll(every, what) {
    let timer = 0, ended = false;
    const turn = async () => {
      if (!document.hidden && await session.attempt(what)) session.say("");
      if (!ended) timer = setTimeout(turn, every);
    };
    turn();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  },
};

function show() {
  close();
  view.replaceChildren();
  session.say("");
  const [section, name] = (location.hash.slice(1) || "experiments").split("/").map(decodeURIComponent);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${section === "new" ? "experiments" : section}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const views = { experiments: name ? experiment : experiments, data: name ? dataSet : dataSets, models: name ? model : models, cluster, new: submission };
  document.title = `${section === "new" ? "new experiment" : name ?? section} · ActorTrainer`;
  const root = h("div", {});
  view.append(root);
  close = (views[section] ?? experiments)(root, session, name);
}

function login() {
  close();
  close = () => { };
  logout.hidden = true;
  const key = h("input", { id: "key", type: "password", autocomplete: "current-password", required: true });
  const form = h("form", { class: "login" }, h("h1", {}, "Log in"),
    h("label", { for: "key" }, "This cluster asks for a key. 'actortrainer node --new-key read' makes one."), key, h("button", { class: "main" }, "Log in"));
  form.addEventListener("submit", async e => {
    e.preventDefault();
    try {
      await post("/v1/session", { key: key.value });
      await begin();
    } catch (problem) {
      session.say(problem.message);
    }
  });
  view.replaceChildren(form);
  key.focus();
}

async function begin() {
  const known = await api("/v1/session");
  scope = known.scope;
  if (scope === null) {
    login();
    return;
  }
  logout.hidden = !known.keys;
  hasCluster = known.cluster;
  show();
}

logout.addEventListener("click", async () => {
  await api("/v1/session", { method: "DELETE" });
  login();
});
addEventListener("hashchange", () => {
  if (scope !== null) show();
  view.focus();
});
session.attempt(begin);
