// The plug-in for Docusaurus: in docusaurus.config.js
//
//   plugins: [['@coderunner/page/docusaurus', { url: 'https://run.example', key: 'crp_…' }]]
//
// Docusaurus takes it in Node.js, and, as its client module, in the browser: there pages come and go without being
// loaded, and each has its blocks attached once React has made it.

const SETTINGS = 'code-runner-settings';
const MOST_FRAMES = 300; // some five seconds
const THEMES = ['', 'dark', 'light'];

module.exports = function codeRunner(_context, { url = '', key = '', theme = '', selector = '' } = {}) {
  if (!/^(https?:\/)?\//.test(url)) throw new Error(`@coderunner/page/docusaurus: the url ${JSON.stringify(url)} begins with none of https://, http://, /`);
  if (key && !key.startsWith('crp_')) throw new Error('@coderunner/page/docusaurus: the key is not publishable (those begin with crp_): a page shows it to all');
  if (!THEMES.includes(theme)) throw new Error('@coderunner/page/docusaurus: the theme is none of dark, light');
  const place = url.replace(/\/+$/, '');
  const said = Object.entries({ url: place, ...(key && { key }), 'data-attach': selector });
  const settings = `<${SETTINGS}${said.map(([name, value]) => ` ${name}="${escaped(value)}"`).join('')}></${SETTINGS}>`;
  const style = theme ? [{ tagName: 'style', innerHTML: `code-runner { color-scheme: ${theme}; }` }] : [];
  return {
    name: 'coderunner',
    getClientModules: () => [__filename],
    injectHtmlTags: () => ({
      headTags: [{ tagName: 'script', attributes: { src: `${place}/page/code-runner.js`, defer: true } }, ...style],
      preBodyTags: [settings], // outside of what is React's
    }),
  };
};

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
}

/** After a page was made, the first one as well: put into the page anew, the settings attach what is there now. What
 * came from the server is made React's own first, and its blocks once more: until then nothing may stand beside them. */
module.exports.onRouteDidUpdate = function onRouteDidUpdate() {
  const settings = document.querySelector(SETTINGS);
  let frames = 0;
  const attach = () => {
    frames += 1;
    if (!isMade() && frames < MOST_FRAMES) return requestAnimationFrame(attach);
    settings.setAttribute('attach', settings.dataset.attach);
    return document.body.prepend(settings);
  };
  if (settings) requestAnimationFrame(attach);
};

function isMade() {
  const isReacts = (element) => Object.keys(element).some((name) => name.startsWith('__react'));
  return document.documentElement.dataset.hasHydrated === 'true' && [...document.querySelectorAll('pre')].every(isReacts);
}
