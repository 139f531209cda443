export { codeRunner } from './backend.js';
export { talking } from './talking.js';
export { receive, WebhookError } from './webhooks.js';
