{{- define "coderunner.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "coderunner.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "coderunner.ours" -}}
app.kubernetes.io/name: coderunner
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "coderunner.labels" -}}
{{ include "coderunner.ours" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* A setting as its environment variable has it. Helm reads numbers as floating-point ones. */}}
{{- define "coderunner.setting" -}}
{{- if kindIs "slice" . -}}
{{ join "," . }}
{{- else if and (kindIs "float64" .) (eq . (floor .)) -}}
{{ int64 . }}
{{- else -}}
{{ . }}
{{- end -}}
{{- end }}

{{/* Of a dictionary with `prefix` and `settings`: the variables, in the order of their names. */}}
{{- define "coderunner.variables" -}}
{{- range $name, $value := .settings }}
- name: {{ $.prefix }}{{ upper $name }}
  value: {{ include "coderunner.setting" $value | quote }}
{{- end }}
{{- end }}

{{/* The settings of both services that say how bus and directory are reached. */}}
{{- define "coderunner.connections" -}}
nats_urls: {{ .Values.nats.urls | toJson }}
etcd_endpoints: {{ .Values.etcd.endpoints | toJson }}
{{- range $part := list "nats" "etcd" }}
{{- $server := index $.Values $part }}
{{- if $server.tlsSecret }}
{{ $part }}_tls_authorities: /etc/coderunner-{{ $part }}/ca.crt
{{- if $server.tlsCertificate }}
{{ $part }}_tls_certificate: /etc/coderunner-{{ $part }}/tls.crt
{{ $part }}_tls_key: /etc/coderunner-{{ $part }}/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "coderunner.trustMounts" -}}
{{- range $part := list "nats" "etcd" }}
{{- if (index $.Values $part).tlsSecret }}
- { name: {{ $part }}-tls, mountPath: /etc/coderunner-{{ $part }}, readOnly: true }
{{- end }}
{{- end }}
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "coderunner.trustVolumes" -}}
{{- range $part := list "nats" "etcd" }}
{{- with (index $.Values $part).tlsSecret }}
- name: {{ $part }}-tls
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- end }}
- name: tmp
  emptyDir: { sizeLimit: 256Mi }
{{- end }}

{{- define "coderunner.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "coderunner.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Of a dictionary with `port` and `scheme`. */}}
{{- define "coderunner.probes" -}}
startupProbe:
  httpGet: { path: /live, port: {{ .port }}, scheme: {{ .scheme }} }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /live, port: {{ .port }}, scheme: {{ .scheme }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /ready, port: {{ .port }}, scheme: {{ .scheme }} }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}

{{- define "coderunner.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "coderunner.ours" $.root | nindent 6 }}
      app.kubernetes.io/component: {{ $.component }}
{{- end }}
{{- end }}
