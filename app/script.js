// What Gradio does not do: what a chip means, clips that play under the pointer, waveforms that fill, links to a query.
(() => {
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);
  const on = (type, handler, capture = false) => document.addEventListener(type, handler, capture);

  // Meanings: one panel beside the chip that is pointed at, focused or tapped.
  let panel, owner, timer, pinned = false;

  function build() {
    panel = document.createElement("div");
    panel.className = "meaning-panel";
    panel.setAttribute("role", "status");
    panel.hidden = true;
    panel.addEventListener("pointerenter", () => clearTimeout(timer));
    panel.addEventListener("pointerleave", () => later(close));
    document.body.append(panel);
  }

  function later(action, wait = 180) {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  }

  function open(chip, pin = false) {
    clearTimeout(timer);
    const results = chip.closest(".results");
    const meaning = results?.querySelector(`template.meaning[data-prefix="${chip.dataset.prefix}"]`);
    if (!meaning) return;
    if (!panel) build();
    if (owner !== chip) {
      close();
      panel.replaceChildren(meaning.content.cloneNode(true));
    }
    owner = chip;
    pinned = pinned || pin;
    chip.setAttribute("aria-expanded", "true");
    results.querySelectorAll(`[data-prefix="${chip.dataset.prefix}"]`).forEach((kin) => kin.classList.add("kin"));
    panel.hidden = false;
    place(chip);
  }

  function place(chip) {
    const box = chip.getBoundingClientRect(), own = panel.getBoundingClientRect(), gap = 8;
    const left = Math.min(Math.max(gap, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - gap);
    const below = box.bottom + gap + own.height < innerHeight;
    const top = below ? box.bottom + gap : Math.max(gap, box.top - own.height - gap);
    panel.style.translate = `${Math.round(left)}px ${Math.round(top)}px`;
  }

  function close() {
    clearTimeout(timer);
    pinned = false;
    document.querySelectorAll(".kin").forEach((kin) => kin.classList.remove("kin"));
    owner?.setAttribute("aria-expanded", "false");
    owner = null;
    if (panel) panel.hidden = true;
  }

  const chipOf = (event) => closest(event, ".chip[data-prefix], .dot[data-prefix]");
  on("pointerover", (event) => {
    const chip = event.pointerType === "mouse" && chipOf(event);
    if (chip && !pinned) later(() => open(chip), owner ? 60 : 140);
  });
  on("pointerout", (event) => {
    if (event.pointerType === "mouse" && chipOf(event) && !pinned) later(close);
  });
  on("focusin", (event) => {
    const chip = chipOf(event);
    if (chip?.matches(":focus-visible")) open(chip);
    else if (owner && !panel.contains(event.target)) close();
  });
  on("click", (event) => {
    const chip = chipOf(event);
    if (chip) return owner === chip && pinned ? close() : open(chip, true);
    if (owner && !panel.contains(event.target)) close();
  });
  on("keydown", (event) => {
    if (event.key === "Escape" && owner) close();
    const pressed = event.key === "Enter" || event.key === " ";
    const dot = pressed && closest(event, ".dot[data-prefix]");
    if (dot) { event.preventDefault(); open(dot, true); }
    const clip = pressed && closest(event, "video");
    if (clip) { event.preventDefault(); toggle(clip); }
  });
  on("scroll", () => owner && (panel.contains(document.activeElement) || close()), true);

  // Clips play under the pointer, with focus, or on a tap.
  const play = (media) => media.play().catch(() => {});
  const toggle = (media) => (media.paused ? play(media) : media.pause());
  const clipOf = (event) => closest(event, ".media-video, .thumb:has(video)")?.querySelector("video");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  on("pointerover", (event) => {
    if (event.pointerType === "mouse" && !calm.matches) { const clip = clipOf(event); if (clip?.paused) play(clip); }
  });
  on("pointerout", (event) => {
    const clip = event.pointerType === "mouse" && clipOf(event);
    if (clip && !clip.parentElement.contains(event.relatedTarget)) clip.pause();
  });
  on("focusin", (event) => {
    const clip = closest(event, "video");
    if (clip?.matches(":focus-visible") && !calm.matches) play(clip);
  });
  on("focusout", (event) => closest(event, "video")?.pause());
  on("click", (event) => {
    const clip = closest(event, "video");
    if (clip && (event.pointerType !== "mouse" || calm.matches)) toggle(clip);
  });

  // Sounds: one at a time; the waveform fills as they play and a click in it goes there.
  on("play", (event) => {
    if (event.target.tagName !== "AUDIO") return;
    event.target.parentElement.classList.add("playing");
    document.querySelectorAll("audio").forEach((other) => other !== event.target && other.pause());
  }, true);
  on("pause", (event) => event.target.parentElement?.classList.remove("playing"), true);
  on("timeupdate", (event) => {
    const { currentTime, duration, parentElement } = event.target;
    if (duration) parentElement?.style.setProperty("--played", `${(100 * currentTime) / duration}%`);
  }, true);
  on("click", (event) => {
    const thumb = closest(event, ".thumb-sound");
    if (thumb) return toggle(thumb.querySelector("audio"));
    const wave = closest(event, ".media-audio .wave");
    const sound = wave?.parentElement.querySelector("audio");
    if (!sound) return;
    const box = wave.getBoundingClientRect();
    if (sound.duration) sound.currentTime = (sound.duration * (event.clientX - box.left)) / box.width;
    play(sound);
  });

  // A file that cannot be shown says so instead of leaving a hole.
  on("error", (event) => closest(event, ".media, .thumb")?.classList.add("broken"), true);

  // Beside the times of encoding and search: how long after the answer the media in view were there.
  const inView = (media) => {
    const box = media.getBoundingClientRect();
    return box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  };
  function arrived(media) {
    if (media.tagName === "VIDEO") return arrived(Object.assign(new Image(), { src: media.poster }));
    if (media.tagName !== "AUDIO") return media.decode?.().catch(() => {});
    return media.readyState || media.error || new Promise((done) => {
      for (const end of ["loadedmetadata", "error"]) media.addEventListener(end, done, { once: true });
    });
  }
  async function timeMedia(place) {
    const began = performance.now();
    const near = [...place.closest(".results").querySelectorAll("img, image, video, audio[preload=metadata]")].filter(inView);
    await Promise.all(near.map(arrived));
    if (near.length) place.textContent = `+ ${Math.max(1, Math.round(performance.now() - began))} ms media`;
  }
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node instanceof Element);
    for (const place of new Set(added.flatMap((node) => [...node.querySelectorAll(".media-time:empty")]))) timeMedia(place);
  }).observe(document, { childList: true, subtree: true });

  // The same item on both sides of a comparison.
  on("pointerover", (event) => {
    const row = closest(event, ".versus .entry");
    document.querySelectorAll(".versus .same").forEach((one) => one.classList.remove("same"));
    if (row) {
      const same = `[data-item="${CSS.escape(row.dataset.item)}"]`;
      row.closest(".versus").querySelectorAll(same).forEach((one) => one.classList.add("same"));
    }
  });

  // What was answered, for those who hear the page.
  function say(text) {
    let voice = document.querySelector("#ace-voice");
    if (!voice) {
      voice = Object.assign(document.createElement("div"), { id: "ace-voice", className: "visually-hidden" });
      voice.setAttribute("aria-live", "polite");
      document.body.append(voice);
    }
    voice.textContent = text;
  }

  // Addresses of queries.
  function address(query, modality) {
    const url = new URL(location.href);
    url.search = "";
    url.hash = "";
    url.searchParams.set("q", query ?? "");
    url.searchParams.set("modality", modality ?? "all");
    return withView(url);
  }

  function withView(url) {
    const view = document.querySelector('#views [role="tab"][aria-selected="true"]')?.dataset.tabId;
    if (!view || view === "search") url.searchParams.delete("view");
    else url.searchParams.set("view", view);
    return url.href;
  }

  on("click", (event) => {
    if (closest(event, '#views [role="tab"]')) {
      setTimeout(() => history.replaceState(null, "", withView(new URL(location.href))));
    }
  });

  async function copyLink(query, modality) {
    const link = address(query, modality);
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      const field = Object.assign(document.createElement("textarea"), { value: link });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    const button = document.querySelector("#copy-link");
    if (!button || button.dataset.said) return;
    button.dataset.said = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = button.dataset.said;
      delete button.dataset.said;
    }, 1500);
  }

  window.ace = {
    asked(query, modality, yours) {
      if (!yours && query?.trim() && query.length <= 300) history.replaceState(null, "", address(query, modality));
      const shown = [...document.querySelectorAll("#views :is(.lead, .notice)")].find((one) => one.checkVisibility());
      if (shown) say(shown.innerText);
    },
    copyLink,
  };
  document.documentElement.lang = "en";
})();
