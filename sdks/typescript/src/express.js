export { codeRunner } from './backend.js';
export { receive, WebhookError } from './webhooks.js';
