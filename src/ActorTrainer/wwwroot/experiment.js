import { api, post } from "./api.js";
import { Chart } from "./chart.js";
import { Curve } from "./curve.js";
import { h, number, percent, state } from "./dom.js";

const journal = ["generation-started.1", "checkpoint-committed.1", "evaluation-recorded.1", "phase-stopped.1", "training-finished.1", "test-recorded.1",
  "experiment-completed.1", "experiment-paused.1", "experiment-failed.1", "experiment-cancelled.1"];

/** One experiment: numbers, curves that move with it, and what can be wished of it. */
export function experiment(view, session, name) {
  const path = `/v1/experiments/${encodeURIComponent(name)}`;
  const head = h("div", {}), rate = h("b", {}, "–");
  const places = ["Loss", "Top-1", "Images a second"].map(title => {
    const host = h("div", { class: "chart", role: "img" });
    return { host, title, figure: h("figure", {}, h("figcaption", {}, title), host) };
  });
  view.append(head, h("div", { class: "charts" }, places.map(place => place.figure)));
  const charts = [
    new Chart(places[0].host, places[0].title, [{ label: "training", colour: "--s1" }, { label: "validation", colour: "--s2", points: true }]),
    new Chart(places[1].host, places[1].title, [{ label: "training", colour: "--s1" }, { label: "validation", colour: "--s2", points: true }], [0, 1]),
    new Chart(places[2].host, places[2].title, [{ label: "images/s", colour: "--s3" }]),
  ];
  const curve = new Curve(name);
  let run = null, isDue = false;

  // A step may take a millisecond: the eye is served four times a second.
  const draw = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (!view.isConnected) return;
      const rows = new Map((run?.evaluations ?? []).map(row => [row.step, row]));
      const steps = curve.steps, x = steps.map(step => step.step), of = key => steps.map(step => step[key]), validated = key => x.map(step => rows.get(step)?.[key] ?? null);
      charts[0].set([x, of("loss"), validated("loss")]);
      charts[1].set([x, of("top1"), validated("top1")]);
      charts[2].set([x, of("images_per_s")]);
      rate.textContent = run && ["running"].includes(run.state) && steps.length ? number(Math.round(steps.at(-1).images_per_s)) : "–";
      if (run && steps.length) head.querySelector(".step")?.replaceChildren(`${number(curve.last)} / ${number(run.steps)}`);
    }, 250);
  };

  const look = async () => {
    run = await api(path);
    head.replaceChildren(...heading(run, rate, session, wish));
    draw();
  };
  const wish = what => session.attempt(async () => {
    await post(`${path}/${what}`);
    await look();
  });

  session.attempt(async () => {
    await look();
    await curve.load(run.step);
    draw();
  });

  // A connection that breaks the browser takes up by itself, and says which event was the last that it saw; one that is refused it gives up.
  let stream = null, waiting = 0, looking = 0;
  const connect = () => {
    stream = new EventSource(`${path}/events`);
    stream.addEventListener("step", async e => {
      await curve.add(JSON.parse(e.data)).catch(() => { });
      draw();
    });
    for (const kind of journal) stream.addEventListener(kind, () => {
      clearTimeout(looking);
      looking = setTimeout(() => session.attempt(look), 300);
    });
    stream.onopen = () => session.say("");
    stream.onerror = () => {
      session.say("The connection to the server is lost; trying again.");
      if (stream.readyState === EventSource.CLOSED) waiting = setTimeout(async () => await session.attempt(look) ? connect() : stream.onerror?.(), 3000);
    };
  };
  connect();
  return () => {
    clearTimeout(waiting);
    clearTimeout(looking);
    stream.onerror = null;
    stream.close();
    charts.forEach(chart => chart.close());
  };
}

function heading(run, rate, session, wish) {
  const tile = (value, label, kind) => h("div", { class: "tile" }, h("b", { class: kind }, value), h("span", {}, label));
  const isUnderWay = ["queued", "running", "evaluating"].includes(run.state);
  const may = session.may("submit") && session.hasCluster;
  return [
    h("div", { class: "row" }, h("h1", {}, run.name), state(run.state),
      may && isUnderWay && h("button", { type: "button", onclick: () => wish("pause") }, "Pause"),
      may && ["paused", "failed"].includes(run.state) && h("button", { type: "button", onclick: () => wish("resume") }, "Resume"),
      may && isUnderWay && h("button", { type: "button", onclick: () => confirm(`Cancel ${run.name}? Its checkpoints stay.`) && wish("cancel") }, "Cancel"),
      run.state === "completed" && h("a", { class: "button", href: `#models/${encodeURIComponent(run.model)}` }, "Try the model")),
    run.failure ? h("p", { class: "bad" }, run.failure) : "",
    h("div", { class: "tiles" },
      tile(`${number(run.step)} / ${number(run.steps)}`, "steps", "step"),
      tile(`${run.epoch} / ${run.epochs}`, `epochs, phase ${run.phase}`),
      tile(percent(run.best?.top1), run.best ? `best top-1, step ${number(run.best.step)}` : "best top-1"),
      tile(percent(run.test?.top1), "test top-1"),
      h("div", { class: "tile" }, rate, h("span", {}, "images a second")),
      tile(number(run.generation), `generation, ${number(run.trainers)} ${run.trainers === 1 ? "trainer" : "trainers"}`)),
    run.digest ? h("p", { class: "soft" }, "digest ", h("code", {}, run.digest)) : "",
  ];
}
