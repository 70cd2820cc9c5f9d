// The same API as everybody's. A refusal is an Error whose message is for a person.

export class Refused extends Error {
  constructor(status, message, errors) {
    super(message);
    this.status = status;
    this.errors = errors ?? [];
  }
}

export async function api(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, "The server does not answer. It is asked again.");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.headers.get("Content-Type")?.startsWith("text/") ? answer.text() : answer.json();
  const problem = await answer.json().catch(() => null);
  throw new Refused(answer.status, problem?.detail ?? problem?.error ?? `The server answers with status ${answer.status}.`, problem?.errors);
}

export const post = (path, body) => api(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) });

export const send = (path, text) => api(path, { method: "POST", headers: { "Content-Type": "text/plain" }, body: text });

/** A file as the body of a PUT. fetch does not say how far it has come. */
export const upload = (path, file, signal, progress) => new Promise((done, failed) => {
  const request = new XMLHttpRequest();
  request.open("PUT", path);
  request.responseType = "json";
  request.setRequestHeader("Content-Type", "application/zip");
  request.upload.onprogress = e => e.lengthComputable && progress(e.loaded / e.total);
  request.onload = () => request.status < 300 ? done(request.response)
    : failed(new Refused(request.status, request.response?.detail ?? `The server answers with status ${request.status}.`));
  request.onerror = () => failed(new Refused(0, "The upload broke off: the server does not answer, or takes no more. Try again."));
  request.onabort = () => failed(new Refused(0, "Stopped."));
  signal.addEventListener("abort", () => request.abort());
  request.send(file);
});
