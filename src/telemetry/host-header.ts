/**
 * What is told of a Host header: all but a user in front of the host, who may have a password. Such a request is refused, and told of
 * all the same.
 */
export function withoutUser(host: string): string {
  return host.slice(host.lastIndexOf('@') + 1)
}
