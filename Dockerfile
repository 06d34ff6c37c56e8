# The emulator as an image: docker build -t evi-emulator . && docker run --rm -p 127.0.0.1:8484:8484 evi-emulator
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py requirements.txt openapi.yaml README.md LICENSE ./
COPY fixtures fixtures
COPY emulator emulator
RUN python -m venv /opt/evi-emulator
RUN /opt/evi-emulator/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check \
    --constraint requirements.txt '.[audio,tls]'

FROM python:3.12-slim
COPY --from=build /opt/evi-emulator /opt/evi-emulator
# A folder for --state, --seed and --script. The user that the emulator runs as may write there.
RUN mkdir -m 1777 /data
WORKDIR /data
# The port is published by Docker, so the emulator listens on all addresses of the container. Its own routes are open
# to these names of it, and to addresses: name others with -e EVI_EMULATOR_ALLOWED_HOSTS=...
ENV PATH=/opt/evi-emulator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    EVI_EMULATOR_HOST=0.0.0.0 \
    EVI_EMULATOR_ALLOWED_HOSTS=evi-emulator,host.docker.internal
USER 10001:10001
EXPOSE 8484
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --start-interval=1s \
    CMD ["evi-emulator", "ready", "--url", "http://127.0.0.1:8484", "--timeout", "3s"]
ENTRYPOINT ["evi-emulator"]
CMD ["serve"]
