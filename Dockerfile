# syntax=docker/dockerfile:1
# The gateway (the last stage, the default), and the example services and identity provider of docker-compose.yml
# (`--target examples`).

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --loglevel=error
COPY . .
RUN npm run build

FROM node:22-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --loglevel=error

FROM build AS examples
# The identity provider writes its keys there, for the gateways.
RUN mkdir /keys && chown 1000:1000 /keys
ENV NODE_ENV=production
USER 1000:1000

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="protobridge" \
      org.opencontainers.image.description="gRPC services as REST endpoints" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/schema schema
COPY --from=build /app/protos protos
ENV NODE_ENV=production
# By number, so that `runAsNonRoot` of Kubernetes can tell. Nothing in the image is theirs to change.
USER 1000:1000
EXPOSE 8080 9901
# Alive, not ready: a gateway that waits for its upstreams is not to be started again for it.
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GATEWAY_ADMIN_PORT ?? 9901}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/src/cli/main.js"]
CMD ["serve", "--config", "/etc/protobridge/protobridge.yaml"]
