"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)];
        const numbers = x !== "" && y !== "" && !isNaN(x) && !isNaN(y);
        return numbers ? x - y : x.localeCompare(y, document.documentElement.lang, { numeric: true });
      };
      const rows = [...table.tBodies[0].rows].sort(order);
      table.tBodies[0].append(...(up ? rows : rows.reverse()));
    });
  });
}
const table = document.getElementById("class");
const filter = document.getElementById("filter");
if (table && filter) {
  const [text, status] = [filter.querySelector("input"), filter.querySelector("select")];
  const shown = filter.querySelector("output");
  const sift = () => {
    let count = 0;
    for (const row of table.tBodies[0].rows) {
      const words = row.textContent.toLowerCase();
      row.hidden = !words.includes(text.value.toLowerCase()) || !(!status.value || row.dataset.status.split(" ").includes(status.value));
      count += !row.hidden;
    }
    shown.value = `${count} / ${table.tBodies[0].rows.length}`;
  };
  filter.hidden = false;
  filter.addEventListener("input", sift);
  filter.addEventListener("submit", (event) => event.preventDefault());
  sift();
}
