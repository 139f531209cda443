// Control sequences of terminals (ECMA-48), which programs print for colours and cursors.

const SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/g;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,200}\x1b?|[ -/]*)?$|\r+$/;
const OTHERS = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;

/** Takes them out of a text that comes in pieces. */
export class Plain {
  #rest = '';

  push(text) {
    const all = this.#rest + text;
    const unfinished = UNFINISHED.exec(all.slice(-256))?.[0] ?? '';
    this.#rest = unfinished;
    const whole = unfinished ? all.slice(0, -unfinished.length) : all;
    return whole.replace(SEQUENCE, '').replace(OTHERS, '').replace(/\x1b/g, '').replace(/\r+\n?/g, '\n');
  }
}
