// The tab “Your media”: sends files up, shows what the server says of them, and keeps the key of this tab's visitor.
(() => {
  const STORE = "ace-yours";
  const BUSY = 1000, IDLE = 60000, AT_ONCE = 2; // milliseconds, milliseconds, files
  let box = null, tell = null, key = recall(), timer, ceasing = null, told = "", built = 0;

  // The key lives as long as the browser's tab; where storage is forbidden, as long as the page.
  function recall() {
    try { return sessionStorage.getItem(STORE) ?? ""; } catch { return ""; }
  }
  function keep(value) {
    key = value;
    try { value ? sessionStorage.setItem(STORE, value) : sessionStorage.removeItem(STORE); } catch { /* not kept */ }
  }

  async function call(method, path, options = {}) {
    let answer;
    try {
      answer = await fetch(`/yours${path}`, { method, headers: { "X-Ace-Key": key }, ...options });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The server does not answer; check the connection and try again.");
    }
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    const error = new Error(said.error ?? "Something went wrong on our side; try again.");
    error.gone = answer.status === 404 && path !== "/bundle.zip";
    throw error;
  }

  // What the server says replaces what was shown; focus and what was opened stay as they are.
  function show(markup) {
    if (!box || markup === told) return;
    const now = box.querySelector(".now");
    told = markup;
    const focus = now.contains(document.activeElement) ? document.activeElement.dataset : null;
    const opened = now.querySelector("details.kept")?.open;
    now.innerHTML = markup;
    const details = now.querySelector("details.kept");
    if (details && opened !== undefined) details.open = opened;
    if (focus?.do) {
      const same = [...now.querySelectorAll("[data-do]")].filter((one) => one.dataset.do === focus.do);
      (same.find((one) => one.dataset.name === focus.name) ?? same[0] ?? now.querySelector("[data-do]"))?.focus();
    }
  }

  async function refresh() {
    clearTimeout(timer);
    if (!key) return show("");
    const page = document.createElement("template");
    try {
      page.innerHTML = await (await call("GET", "/panel")).text();
    } catch (error) {
      if (error.gone) forget(error.message);
      else timer = setTimeout(refresh, 5 * BUSY);
      return;
    }
    show(page.innerHTML);
    const state = page.content.querySelector(".state").dataset;
    if (Number(state.built) > built) announce();
    built = Number(state.built);
    timer = setTimeout(refresh, state.busy === "1" ? BUSY : IDLE);
  }

  // The rest of the page learns that there is a collection to search, or that there is none any more.
  const announce = (use = false) => tell?.("click", { key, use });
  function forget(sentence = "") {
    keep("");
    show("");
    refuse(sentence ? [sentence] : []);
    if (built) announce();
    built = 0;
  }

  function refuse(sentences) {
    if (!box) return;
    const list = box.querySelector(".refusals");
    const lines = sentences.slice(0, 6);
    if (sentences.length > lines.length) lines.push(`and ${sentences.length - lines.length} more`);
    list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    list.hidden = !lines.length;
  }

  // Sending
  async function send(files) {
    if (!files.length || ceasing) return;
    ceasing = new AbortController();
    const refused = [], queue = [...files], most = Number(box.dataset.bytes);
    const bar = box.querySelector(".sending");
    let done = 0, seen = Date.now();
    const progress = () => {
      bar.hidden = false;
      bar.querySelector("progress").value = done / files.length;
      bar.querySelector("span").textContent = `Sending: ${done} of ${files.length}`;
    };
    const one = async ({ file, path }) => {
      if (!file.size) throw new Error("The file is empty.");
      if (file.size > most) throw new Error(`${Math.ceil(file.size / 1e6)} MB is too much; ${most / 1e6} MB a file is the most.`);
      await call("POST", `/files?name=${encodeURIComponent(path.slice(-1000))}`, { body: file, signal: ceasing.signal });
    };
    const worker = async () => {
      while (queue.length && !ceasing.signal.aborted) {
        const next = queue.shift();
        try {
          await one(next);
        } catch (error) {
          if (error.name === "AbortError") return;
          refused.push(`${next.path}: ${error.message}`);
          refuse(refused);
          if (error.gone) return forget(error.message);
        }
        done += 1;
        progress();
        if (Date.now() - seen > 2 * BUSY) { seen = Date.now(); await refresh(); }
      }
    };
    refuse([]);
    progress();
    try {
      if (!key) keep((await (await call("POST", "")).json()).key);
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    } catch (error) {
      refuse([error.message]);
    }
    bar.hidden = true;
    ceasing = null;
    await refresh();
  }

  const plain = (list) => [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

  async function inside(entry) {
    if (entry.name.startsWith(".")) return [];
    if (entry.isFile) {
      const file = await new Promise((found, failed) => entry.file(found, failed));
      return [{ file, path: entry.fullPath.replace(/^\//, "") }];
    }
    const reader = entry.createReader(), found = [];
    for (;;) { // a reader gives a hundred entries at a time
      const some = await new Promise((read, failed) => reader.readEntries(read, failed));
      if (!some.length) return (await Promise.all(found.map(inside))).flat();
      found.push(...some);
    }
  }

  async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = plain(transfer.files);
    try {
      return entries.some((entry) => entry.isDirectory) ? (await Promise.all(entries.map(inside))).flat() : files;
    } catch {
      return files;
    }
  }

  // Doing
  const deeds = {
    cease: () => ceasing?.abort(),
    build: () => call("POST", "/build"),
    stop: () => call("DELETE", "/build"),
    drop: (button) => call("DELETE", `/files?name=${encodeURIComponent(button.dataset.name)}`),
    search: () => announce(true),
    async remove() {
      await call("DELETE", "");
      forget();
      box.querySelector(".drop input").focus();
    },
    async download() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await (await call("GET", "/bundle.zip")).blob());
      link.download = "your-media.zip";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    },
  };

  async function act(button) {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    refuse([]);
    try {
      await deeds[button.dataset.do](button);
    } catch (error) {
      if (error.gone && !button.dataset.name) forget(error.message);
      else refuse([error.message]);
    }
    button.ariaDisabled = "false";
    await refresh();
  }

  // The tab's content is made when the tab is first opened, the messenger with the page.
  function begin(element) {
    box = element.querySelector(".yours");
    told = "";
    const drop = box.querySelector(".drop"), input = drop.querySelector("input");
    const over = (event) => { event.preventDefault(); drop.classList.add("over"); };
    box.addEventListener("dragover", over);
    box.addEventListener("dragleave", (event) => box.contains(event.relatedTarget) || drop.classList.remove("over"));
    box.addEventListener("drop", async (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      send(await dropped(event.dataTransfer));
    });
    input.addEventListener("change", () => { send(plain(input.files)); input.value = ""; });
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) act(button);
    });
    refresh();
  }

  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  window.aceYours = {
    begin,
    messenger(trigger) {
      tell = trigger;
      refresh();
    },
  };
})();
