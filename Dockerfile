# The image of the bot. The final stage has no shell and no package manager, and the container needs no writable file system.
#
#   docker build -t registry.example.com/shiftbot:0.1.0 .
#
# The base images are named by digest, so that the same commit builds the same image. .renovaterc.json keeps them new.

FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS package
WORKDIR /app
COPY package.json package-lock.json ./

FROM package AS build
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src src
RUN npm run build

# The libraries are in the bundle. Their licences go beside it.
FROM package AS licences
RUN npm ci --omit=dev --omit=optional --ignore-scripts \
    && find node_modules -type f -not '(' -iname 'licen[cs]e*' -o -iname 'notice*' -o -iname 'copying*' -o -name package.json ')' -delete \
    && find node_modules -type d -empty -delete

FROM gcr.io/distroless/nodejs24-debian13:nonroot@sha256:774b7d020b24214835769e24c3544835526cd0288f0b094eae48e8b2c2429a79
LABEL org.opencontainers.image.title="shiftbot" \
      org.opencontainers.image.description="A Slack bot that moves traffic between the versions of a service" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
ENV NODE_ENV=production
COPY LICENSE package.json ./
COPY --from=build /app/dist dist
COPY --from=licences /app/node_modules licences
COPY manifests/bookinfo manifests/bookinfo
USER 65532:65532
EXPOSE 8080
# We keep our own source maps, so that stack traces show source lines.
ENTRYPOINT ["/nodejs/bin/node", "--enable-source-maps", "dist/main.js"]
