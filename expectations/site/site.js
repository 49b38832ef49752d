// The little that the pages of checks ask of jQuery and Bootstrap: tabs, folding, and tables with search and order.
(() => {
  "use strict";

  class Found {
    constructor(elements) { this.elements = [...elements]; this.length = this.elements.length; }
    each(act) { this.elements.forEach((element, index) => act(index, element)); return this; }
    parent() { return new Found(new Set(this.elements.map((one) => one.parentElement).filter(Boolean))); }
    fadeIn() { return this.each((_, one) => { one.style.display = ""; }); }
    fadeOut() { return this.each((_, one) => { one.style.display = "none"; }); }
    addClass(name) { return this.each((_, one) => one.classList.add(name)); }
    removeClass(name) { return this.each((_, one) => one.classList.remove(name)); }
    prepend(html) { return this.each((_, one) => one.insertAdjacentHTML("afterbegin", html)); }
    data(name) { return this.elements[0]?.dataset[name]; }
    on() { return this; } // Rows are linked where their table is made.
    modal() { return this; }
    ready(act) { act(); return this; }
    bootstrapTable(asked) { return this.each((_, one) => table(one, asked)); }
  }

  window.$ = window.jQuery = (what) =>
    new Found(typeof what === "string" ? document.querySelectorAll(what) : [what]);

  const plain = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = String(html ?? "");
    return holder.content.textContent.trim();
  };

  function table(element, asked) {
    if (typeof asked === "string") { // A filter or a search is to be cleared.
      const box = element.previousElementSibling;
      if (box?.classList.contains("search")) { box.value = ""; box.dispatchEvent(new Event("input")); }
      return;
    }
    const head = element.createTHead().insertRow();
    const body = element.createTBody();
    let order = { name: null, down: false };

    const fill = (rows) => {
      body.replaceChildren();
      for (const row of rows) {
        const line = body.insertRow();
        for (const column of asked.columns) line.insertCell().innerHTML = row[column.field] ?? "";
        if (row._table_row_link_path) {
          line.className = "clickable-row";
          line.addEventListener("click", (event) => {
            if (!event.target.closest("a")) window.location = row._table_row_link_path;
          });
        }
      }
    };
    const chosen = () => {
      const words = box.value.toLowerCase();
      const kept = asked.data.filter((row) =>
        asked.columns.some((column) => plain(row[column.field]).toLowerCase().includes(words)));
      if (order.name === null) return kept;
      const value = (row) => row[order.name] ?? "";
      const compared = (one, other) =>
        typeof value(one) === "number" ? value(one) - value(other)
          : plain(value(one)).localeCompare(plain(value(other)));
      return kept.sort((one, other) => (order.down ? -compared(one, other) : compared(one, other)));
    };

    const box = document.createElement("input");
    box.className = "search";
    box.type = "search";
    box.placeholder = "Search 查找";
    box.setAttribute("aria-label", "Search 查找");
    box.addEventListener("input", () => fill(chosen()));
    element.before(box);
    for (const column of asked.columns) {
      const cell = document.createElement("th");
      cell.textContent = column.title;
      if (column.sortable) {
        cell.dataset.sorted = "";
        cell.addEventListener("click", () => {
          const name = column.sortName ?? column.field;
          order = { name, down: order.name === name && !order.down };
          fill(chosen());
        });
      }
      head.append(cell);
    }
    fill(chosen());
  }

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-toggle], .btn-group-toggle .btn");
    if (!pressed) return;
    if (pressed.dataset.toggle === "collapse") {
      event.preventDefault();
      document.getElementById(pressed.getAttribute("href").slice(1))?.classList.toggle("show");
    } else if (pressed.dataset.toggle === "tab") {
      event.preventDefault();
      for (const one of pressed.closest("ul").querySelectorAll("[data-toggle='tab']")) {
        const mine = one === pressed;
        one.classList.toggle("active", mine);
        document.getElementById(one.getAttribute("href").slice(1))?.classList.toggle("active", mine);
      }
    } else if (pressed.classList.contains("btn")) {
      for (const one of pressed.parentElement.children) one.classList.toggle("active", one === pressed);
    }
  });
})();
