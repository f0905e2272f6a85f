// The one script of the pages. Everything works without it: it saves a row of a sheet in place, moves between its
// cells by keys, and searches while one types. It asks the same addresses as the forms and links themselves.
"use strict";

(() => {
  const news = document.querySelector("[data-kabar]");
  const FIELD = "input[data-nilai]";

  const say = (text) => {
    if (news) news.textContent = text;
  };

  // The page at an address, or null where the answer is no page of the same kind. A session that has ended leads to
  // the page for signing in.
  const ask = async (address, options) => {
    const answer = await fetch(address, options);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected && new URL(answer.url).pathname === "/masuk") {
      location.assign(answer.url);
      return null;
    }
    return { page, isDone: answer.ok };
  };

  const put = (page, selector) => {
    const [here, fresh] = [document.querySelector(selector), page.querySelector(selector)];
    if (here && fresh) here.replaceChildren(...document.importNode(fresh, true).childNodes);
  };

  // Puts a row of the page in place of the one shown; null where the page has it no more.
  const renew = (row, page) => {
    const fresh = page.getElementById(row.id);
    if (!fresh) {
      row.remove();
      return null;
    }
    const renewed = document.importNode(fresh, true);
    row.replaceWith(renewed);
    return renewed;
  };

  const focus = (field) => {
    if (!field) return;
    field.focus();
    if (field.select) field.select();
  };

  // The first field of the next row, or of the row before, that has one.
  const fieldBeside = (row, step, column = 0) => {
    let other = row[step];
    while (other && !other.querySelector(FIELD)) other = other[step];
    const fields = other ? other.querySelectorAll(FIELD) : [];
    return fields[Math.min(column, fields.length - 1)];
  };

  const send = async (form, submitter) => {
    const row = form.closest("[data-baris]");
    if (row.ariaBusy === "true") return;
    const next = fieldBeside(row, "nextElementSibling");
    const body = new URLSearchParams(new FormData(form, submitter));
    row.ariaBusy = "true";
    let answer;
    try {
      answer = await ask(form.action, { method: "POST", body });
    } catch {
      row.ariaBusy = "false";
      say(document.documentElement.lang === "en"
        ? "Not saved: the office cannot be reached. Try again."
        : "Belum tersimpan: kantor tidak dapat dihubungi. Coba lagi.");
      return;
    }
    row.ariaBusy = "false";
    if (!answer) return;
    const { page, isDone } = answer;
    if (!page.querySelector("[data-lembar]")) {
      // A refusal of the whole page, such as of an office that is away. What was typed stays.
      say([...page.querySelectorAll("main h1, main p")].map((part) => part.textContent.trim()).join(" "));
      return;
    }
    const renewed = renew(row, page);
    if (isDone) {
      put(page, "[data-ringkas]");
      say(page.querySelector("[data-kabar]")?.textContent.trim() ?? "");
      focus(next ?? renewed?.querySelector("a, button"));
    } else {
      say("");
      const wrong = renewed?.querySelector("[aria-invalid]");
      focus(wrong ?? renewed?.querySelector(`${FIELD}, button`));
    }
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-kirim]")) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });

  // Opens a row for a correction, or closes it, in place.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-buka]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const answer = await ask(link.href).catch(() => null);
    if (!answer) return;
    const renewed = renew(link.closest("[data-baris]"), answer.page);
    focus(renewed?.querySelector(`${FIELD}, a[data-buka]`));
  });

  // A whole score leads to the next field of the row.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches(FIELD) || field.value.length < field.maxLength) return;
    const fields = [...field.closest("[data-baris]").querySelectorAll(`${FIELD}, td.state input`)];
    focus(fields[fields.indexOf(field) + 1]);
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches(FIELD)) event.target.select();
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches(FIELD) || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = field.closest("[data-baris]");
    const fields = [...row.querySelectorAll(FIELD)];
    const column = fields.indexOf(field);
    const to = {
      ArrowLeft: () => fields[column - 1],
      ArrowRight: () => fields[column + 1],
      ArrowUp: () => fieldBeside(row, "previousElementSibling", column),
      ArrowDown: () => fieldBeside(row, "nextElementSibling", column),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    focus(to());
  });

  // A list searches while one types.
  for (const form of document.querySelectorAll("form[data-saring]")) {
    let pause;
    let asked = 0;
    form.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(async () => {
        asked += 1;
        const turn = asked;
        const filled = [...new FormData(form)].filter(([, value]) => value !== "");
        const address = `${form.getAttribute("action")}?${new URLSearchParams(filled)}`;
        const answer = await ask(address).catch(() => null);
        // A later question has been asked meanwhile.
        if (!answer || turn !== asked) return;
        history.replaceState(null, "", address);
        put(answer.page, "[data-hasil]");
        say(answer.page.querySelector("[data-kabar]")?.textContent.trim() ?? "");
      }, 300);
    });
  }
})();
