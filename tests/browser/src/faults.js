// What is wrong with pages of the admin, each in a frame of its own, which is as wide as each window in turn. Each of
// `pages` is the `path` to open, how many `rows` are listed there, a `text` that is shown, and, where there is one, the
// selector of a button to `press` with every row chosen, which leads to a page that lists as many.
const [pages, widths] = arguments;

// The elements that the admin makes, and what those of them hold that take more than a name.
const elements = new Set(`html head meta title link body a header p span nav ul ol li main footer h1 h2 h3 div section form
  label input select option button table caption thead tbody tr th td time code pre details summary dl dt dd ins del
  svg line rect`.split(/\s+/));
const attributes = new Set(`lang charset name content rel href class id tabindex method action role value placeholder type
  for autocomplete step selected scope title datetime checked open formaction required maxlength viewBox preserveAspectRatio x y
  width height x1 x2 y1 y2`.split(/\s+/));
const addresses = ["href", "action", "formaction"];
const bare = text => text.replace(/[\s\0\ufffd]/g, "");

function elementFaults(element) {
  const faults = [];
  if (!elements.has(element.localName)) faults.push(`<${element.localName}>`);
  for (const { name, value } of element.attributes) {
    if (!attributes.has(name) && !/^(aria|data)-/.test(name)) faults.push(`${element.localName} ${name}`);
    if (addresses.includes(name) && new URL(value, element.baseURI).origin !== location.origin)
      faults.push(`${name} ${value}`);
  }
  return faults;
}

function pageFaults(frame, { path, rows, text }) {
  const page = frame.contentDocument, root = page.documentElement;
  const faults = [...frame.contentWindow.fired.map(name => `fired: ${name}`), ...[...page.querySelectorAll("*")].flatMap(elementFaults)];
  if (!page.querySelector("footer")) faults.push("no footer");
  const listed = page.querySelectorAll(".list tbody tr, .doomed li").length;
  if (rows !== listed) faults.push(`${listed} rows`);
  if (!bare(root.textContent).includes(bare(text))) faults.push("no such text");
  for (const details of page.querySelectorAll("details")) details.open = true;
  for (const width of widths) {
    frame.width = width;
    if (root.scrollWidth > root.clientWidth) faults.push(`${root.scrollWidth} wide at ${width}`);
  }
  return faults.map(fault => [path, fault]);
}

function loaded(frame) {
  return new Promise(resolve => { frame.onload = resolve; });
}

// Handlers of elements that are still being fetched have their turn.
function settled() {
  return new Promise(resolve => setTimeout(resolve, 50));
}

async function faultsOf(wanted) {
  const { path, press } = wanted;
  const frame = document.createElement("iframe");
  frame.width = widths[0];
  frame.height = 800;
  frame.style.border = 0;
  frame.src = path;
  document.body.append(frame);
  await loaded(frame);
  await settled();
  const { location } = frame.contentWindow, faults = pageFaults(frame, wanted);
  if (location.pathname + location.search !== path) faults.push([path, `went to ${location}`]);
  if (press) {
    for (const tick of frame.contentDocument.querySelectorAll("[name=id]")) tick.checked = true;
    frame.contentDocument.querySelector(press).click();
    await loaded(frame);
    await settled();
    faults.push(...pageFaults(frame, wanted));
  }
  return faults;
}

document.body.replaceChildren();
const faults = (await Promise.all(pages.map(faultsOf))).flat();
return faults.concat(fired.splice(0).map(name => [pages[0].path, `fired: ${name} of the page around, or of one of the next`]));
