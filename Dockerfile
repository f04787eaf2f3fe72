# talkcycle from its own wheel: nothing of the checkout but the wheel reaches the image.
FROM python:3.12-slim AS build
WORKDIR /src
# The planner's search is compiled here, with the headers that python images bring; the image that runs has no compiler.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN python -m venv /build && /build/bin/pip install --no-cache-dir build
# .gitignore comes along on purpose: it keeps local configuration out of the wheel.
COPY pyproject.toml hatch_build.py README.md CHANGELOG.md .gitignore ./
COPY service service
COPY templates templates
COPY config config
RUN /build/bin/python -m build --wheel --outdir /wheels
RUN python -m venv /opt/talkcycle \
    && wheel="$(ls /wheels/talkcycle-*.whl)" \
    && /opt/talkcycle/bin/pip install --no-cache-dir "${wheel}[postgresql]" \
    && /opt/talkcycle/bin/python -m compileall -q /opt/talkcycle

FROM python:3.12-slim
COPY --from=build /opt/talkcycle /opt/talkcycle
RUN useradd --system --uid 10001 --no-create-home --home-dir /data talkcycle \
    && install -d -o talkcycle -g talkcycle /data \
    && install -d /config
ENV PATH=/opt/talkcycle/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TALKCYCLE_CONFIG=/config \
    TALKCYCLE_DATA=/data
USER 10001
VOLUME ["/config", "/data"]
# The pages, where service.yaml has them: web: listen: 0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=15s --start-period=30s CMD ["talkcycle", "health"]
ENTRYPOINT ["talkcycle"]
CMD ["run"]
