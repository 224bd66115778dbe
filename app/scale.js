// The tab “Scale”: begins and stops a measurement of this machine, and shows how far it is.
(() => {
  const STORE = "ace-measuring", BUSY = 1000; // milliseconds
  let box = null, key = recall(), timer, told = "";

  // Whoever began a measurement may stop it: the key stays in this tab of the browser.
  function recall() {
    try { return sessionStorage.getItem(STORE) ?? ""; } catch { return ""; }
  }
  function renew() {
    key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    try { sessionStorage.setItem(STORE, key); } catch { /* as long as the page */ }
  }

  async function call(method, path) {
    let answer;
    try {
      answer = await fetch(`/scale${path}`, { method, headers: { "X-Ace-Key": key } });
    } catch {
      throw new Error("The server does not answer; check the connection and try again.");
    }
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.error ?? "Something went wrong on our side; try again.");
  }

  const part = (selector) => box.querySelector(selector);

  async function refresh() {
    clearTimeout(timer);
    if (!box) return;
    const page = document.createElement("template");
    try {
      page.innerHTML = await (await call("GET", "/panel")).text();
    } catch {
      timer = setTimeout(refresh, 5 * BUSY);
      return;
    }
    const state = page.content.querySelector(".state").dataset;
    if (page.innerHTML !== told) {
      told = page.innerHTML;
      part(".now").replaceChildren(page.content);
    }
    const busy = state.busy === "1", mine = busy && state.mine === "1";
    const moved = [...box.querySelectorAll("[data-do]")].includes(document.activeElement);
    part("[data-do=start]").hidden = part(".deeds .sizes").hidden = busy;
    part("[data-do=stop]").hidden = !mine;
    if (moved) part(mine ? "[data-do=stop]" : "[data-do=start]").focus();
    if (part("[role=status]").textContent !== state.said) part("[role=status]").textContent = state.said;
    if (busy) timer = setTimeout(refresh, BUSY);
  }

  function refuse(sentence = "") {
    part(".refusal").textContent = sentence;
    part(".refusal").hidden = !sentence;
  }

  const deeds = {
    start() {
      if (!key) renew();
      return call("POST", `/run?items=${part("[name=measure-size]:checked").value}`);
    },
    stop: () => call("DELETE", "/run"),
  };

  async function act(button) {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    refuse();
    try {
      await deeds[button.dataset.do]();
    } catch (error) {
      refuse(error.message);
    }
    button.ariaDisabled = "false";
    await refresh();
  }

  function begin(element) {
    box = element.querySelector(".here");
    told = "";
    box?.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) act(button);
    });
    refresh();
  }

  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  window.aceScale = { begin };
})();
