// What the package gives to its users.
export { CodeRunner } from './client.js';
export { CodeRunnerError } from './errors.js';
export { isFinal } from './executions.js';
export { Program } from './program.js';
