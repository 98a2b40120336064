// Runs first on every page and in every frame: notes in `fired` whatever a script of somebody else's would do.
window.fired = [];
for (const name of ["alert", "confirm", "prompt", "print", "open", "fetch", "canary"])
  window[name] = () => { fired.push(name); };
for (const name of ["log", "info", "warn", "error"]) console[name] = () => { fired.push(`console.${name}`); };
XMLHttpRequest.prototype.open = () => { fired.push("XMLHttpRequest"); };
navigator.sendBeacon = () => { fired.push("beacon"); };
addEventListener("securitypolicyviolation", event => { fired.push(`policy ${event.effectiveDirective}`); });
