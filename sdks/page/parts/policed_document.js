// A document for xterm.js under a content security policy that forbids inline styles. It makes `style` elements, and
// attributes of that name; both are put where no policy looks: into adopted sheets, and into the CSSOM. esbuild puts this in
// the place of the bundle's `document` (`--inject`).

const real = globalThis.document;
let root = real;

/** Styles that are made from now on are those of this tree. */
export function stylesInto(tree) {
  root = tree;
}

export const document = new Proxy(real, {
  get(target, name) {
    if (name === 'createElement') return made;
    const value = target[name];
    return typeof value === 'function' ? value.bind(target) : value;
  },
  set(target, name, value) {
    target[name] = value;
    return true;
  },
});

function made(name, options) {
  return String(name).toLowerCase() === 'style' ? styleElement() : policed(real.createElement(name, options));
}

/** An element whose text is a sheet of the tree. */
function styleElement() {
  const sheet = new CSSStyleSheet();
  sheet.isOfScreen = true;
  root.adoptedStyleSheets.push(sheet);
  const element = real.createElement('span');
  element.hidden = true;
  Object.defineProperty(element, 'textContent', { set: (text) => sheet.replaceSync(text) });
  return element;
}

function policed(element) {
  const set = element.setAttribute;
  element.setAttribute = (name, value) => {
    if (name === 'style') element.style.cssText = value;
    else set.call(element, name, value);
  };
  return element;
}
