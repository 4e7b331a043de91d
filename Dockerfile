# The hub in one image: `docker build -t modelzoo .`, then `docker run -p 8080:8080 -v zoo:/data modelzoo`.
# For several nodes see deploy/compose.yaml, deploy/kubernetes and docs/cluster.md.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# npm brings ONNX Runtime, which runs models, as one pinned file; no script of a package runs. Without it (--build-arg RUNTIME=none) the image cannot run models.
ARG RUNTIME=onnx
RUN if [ "$RUNTIME" = onnx ]; then apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*; fi
COPY .editorconfig global.json Directory.Build.props Directory.Packages.props LICENSE ./
COPY data ./data
COPY src ./src
RUN dotnet publish src/ModelZoo.Cli -c Release -o /app --nologo

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# libsqlite3-0: the embedded database. git: packs for git over HTTP. curl: the health check below.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libsqlite3-0 git curl \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown 1654:1654 /data
COPY --from=build /app /app
# The image's own user without rights ("app").
USER 1654
ENV MODELZOO_DATAFOLDER=/data \
    MODELZOO_URLS=http://0.0.0.0:8080 \
    DOTNET_EnableDiagnostics=0
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD curl -fsS http://127.0.0.1:8080/health
# SIGTERM: takes no new requests, lets running ones end for up to 30 seconds, gives jobs back.
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "/app/zoo.dll"]
CMD ["serve"]
