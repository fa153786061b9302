// Says how much of a file has been sent. Without this script the form is sent by the browser itself.
(() => {
  const watch = form => form.addEventListener("submit", e => {
    const file = form.querySelector("input[type=file]");
    if (!file || !file.files.length || !window.FormData) return;
    e.preventDefault();
    const data = new FormData(form);
    if (e.submitter && e.submitter.name) data.set(e.submitter.name, e.submitter.value);
    const bar = document.createElement("progress"), said = document.createElement("p"), request = new XMLHttpRequest();
    bar.max = 100; bar.className = "upload"; bar.setAttribute("aria-label", "Sent");
    said.className = "govuk-body"; said.setAttribute("role", "status");
    form.append(bar, said);
    form.querySelectorAll("button").forEach(b => b.disabled = true);
    request.upload.onprogress = p => {
      const part = p.lengthComputable ? Math.floor(100 * p.loaded / p.total) : 0;
      bar.value = part;
      const words = part < 100 ? Math.floor(part / 10) * 10 + " % is sent" : "All is sent. It is being read.";
      if (said.textContent !== words) said.textContent = words;
    };
    request.onload = () => {
      const at = form.action || location.href;
      if (request.status < 400 && request.responseURL.split("#")[0] !== at.split("#")[0]) { location.assign(request.responseURL); return; }
      const page = new DOMParser().parseFromString(request.responseText, "text/html"), main = page.querySelector("main");
      if (!main) { location.assign(at); return; }
      document.title = page.title;
      document.querySelector("main").replaceWith(main);
      main.querySelectorAll("form[enctype]").forEach(watch);
      const summary = main.querySelector(".govuk-error-summary, h1");
      if (summary) { summary.tabIndex = -1; summary.focus(); }
    };
    request.onerror = () => {
      said.textContent = "The file could not be sent: it is too large, or the connection broke. Try again.";
      bar.remove();
      form.querySelectorAll("button").forEach(b => b.disabled = false);
    };
    request.open("POST", form.action || location.href);
    request.setRequestHeader("Accept", "text/html");
    request.send(data);
  });
  document.querySelectorAll("form[enctype]").forEach(watch);
})();
