export function greeting(): string {
  return "Hello from the other file!";
}
