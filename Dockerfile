# The image holds Node, the bundle and production packages: no shell, no package manager, no compiler.
# It runs as UID 65532 on a read-only root file system and writes to /data alone.

FROM node:24-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM dependencies AS build
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.ts

FROM node:24-trixie-slim AS production-dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Made here, because the last stage has no shell to make it with.
RUN mkdir data

FROM gcr.io/distroless/nodejs24-debian13:nonroot
LABEL org.opencontainers.image.title="llm-gateway" \
      org.opencontainers.image.description="OpenAI- and Anthropic-compatible in, any provider out." \
      org.opencontainers.image.licenses="MIT"
COPY --from=production-dependencies /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json config.example.yaml LICENSE /app/
COPY bin /app/bin
COPY --from=production-dependencies --chown=65532:65532 /app/data /data
# The default ./data is then /data.
WORKDIR /
# Outside loopback the gateway demands a key: give it GATEWAY_ADMIN_KEY, or a configuration with keys.
ENV NODE_ENV=production SERVER_HOST=0.0.0.0
USER 65532:65532
VOLUME /data
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/bin/llm-gateway.js", "health", "--timeout", "4"]
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=64", "/app/bin/llm-gateway.js"]
CMD ["start"]
