{{/* The engine as a sidecar that starts before the node and ends after it, and what puts the sandbox images into it. Its root is the runtime class's. */}}
{{- define "coderunner.engine" -}}
{{- $engine := .Values.node.engine -}}
- name: engine
  image: {{ $engine.image }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  # Programs have no network, so the engine needs none to give.
  command:
    - dockerd
    - --host=unix:///run/coderunner-engine/docker.sock
    - --group=10001
    - --data-root=/var/lib/docker
    - --exec-root=/run/docker
    - --pidfile=/run/docker/docker.pid
    - --bridge=none
    - --iptables=false
    - --ip6tables=false
  env:
    - { name: DOCKER_HOST, value: "unix:///run/coderunner-engine/docker.sock" }
  startupProbe:
    exec: { command: [docker, version] }
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 60
  livenessProbe:
    exec: { command: [docker, version] }
    periodSeconds: 30
    timeoutSeconds: 10
    failureThreshold: 4
  readinessProbe:
    exec: { command: [docker, version] }
    periodSeconds: 30
    timeoutSeconds: 10
  resources: {{ toJson $engine.resources }}
  securityContext:
    privileged: false
    runAsNonRoot: false
    runAsUser: 0
    runAsGroup: 0
    readOnlyRootFilesystem: true
    {{- with $engine.capabilities }}
    capabilities: { add: {{ toJson . }} }
    {{- end }}
  volumeMounts:
    - { name: engine-socket, mountPath: /run/coderunner-engine }
    - { name: engine-run, mountPath: /run/docker }
    - { name: engine-data, mountPath: /var/lib/docker }
    - { name: tmp, mountPath: /tmp }
- name: images
  image: {{ $engine.imagesFrom }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [sh, -ec, 'for archive in /images/*.tar; do docker load --input "$archive"; done']
  env:
    - { name: DOCKER_HOST, value: "unix:///run/coderunner-engine/docker.sock" }
  resources:
    requests: { cpu: 100m, memory: 64Mi }
    limits: { cpu: "1", memory: 512Mi }
  securityContext:
    {{- include "coderunner.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - { name: engine-socket, mountPath: /run/coderunner-engine }
    - { name: tmp, mountPath: /tmp }
{{- end }}
