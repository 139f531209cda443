// A document for xterm.js under a content security policy that forbids inline styles: it makes `style` elements, and
// attributes of that name; both are put where no policy looks, into an adopted sheet and into the CSSOM.

/** The page's document, but for the elements that it makes. `root`: the tree in which they will be. */
export function policedDocument(root) {
  const made = (name, options) => (String(name).toLowerCase() === 'style' ? styleElement(root) : policed(document.createElement(name, options)));
  return new Proxy(document, {
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
}

/** An element whose text is a style sheet of the tree, as long as it is there. */
function styleElement(root) {
  const sheet = new CSSStyleSheet();
  sheet.isOfScreen = true;
  root.adoptedStyleSheets.push(sheet);
  const element = document.createElement('span');
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
