export { codeRunner } from './backend.js';
