// What an execution is, of what a server sent.

import { strange } from './errors.js';

const ID = /^\w[\w.-]{0,127}$/; // a handle of a blog's own backend has a dot

/** Whether a task in this state has ended. */
export function isFinal(status) {
  return status !== 'QUEUED' && status !== 'RUNNING';
}

/** The id of a task, as a part of an address. Throws TypeError for what cannot be one. */
export function idOf(id) {
  if (typeof id !== 'string' || !ID.test(id)) throw new TypeError('the id of a task is letters, digits and hyphens');
  return id;
}

/** The execution, or another object with a task's id. Throws CodeRunnerError where it is none. */
export function identified(body) {
  if (body === null || typeof body !== 'object' || typeof body.id !== 'string' || !ID.test(body.id)) {
    throw strange('it names no task');
  }
  return body;
}

/** One list of an answer. Throws CodeRunnerError where there is none. */
export function listOf(body, name) {
  if (body === null || typeof body !== 'object' || !Array.isArray(body[name])) throw strange(`it has no ${name}`);
  return body[name];
}
