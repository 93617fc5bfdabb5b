# The two commands of the README on a CPU: docker build -t robustgen . && docker run robustgen make bench
FROM python:3.11-slim
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
WORKDIR /robustgen
COPY . .
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu \
 && make .venv/.ready
CMD ["make", "test"]
