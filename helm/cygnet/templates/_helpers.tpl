{{- define "cygnet.name" -}}
{{- ternary .Release.Name (printf "%s-cygnet" .Release.Name) (contains "cygnet" .Release.Name) | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* dict root, component */}}
{{- define "cygnet.selector" -}}
app.kubernetes.io/name: cygnet
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "cygnet.labels" -}}
{{ include "cygnet.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* dict root, image */}}
{{- define "cygnet.image" -}}
{{- $registry := .root.Values.images.registry }}
{{- /* a first part with a dot or a colon is a registry */}}
{{- if and $registry (not (and (contains "/" .image.repository) (regexMatch "[.:]" (first (splitList "/" .image.repository))))) }}{{ trimSuffix "/" $registry }}/{{ end }}
{{- .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "cygnet.secret" -}}
{{ .Values.secrets.existingSecret | default (printf "%s-secrets" (include "cygnet.name" .)) }}
{{- end }}

{{- define "cygnet.pictures-url" -}}
{{ .Values.pictures.s3.url | default "file:///pictures" }}
{{- end }}
{{- define "cygnet.pictures-claim" -}}
{{- if .Values.pictures.volume.enabled }}{{ .Values.pictures.volume.existingClaim | default (printf "%s-pictures" (include "cygnet.name" .)) }}{{ end }}
{{- end }}

{{/* What every pod of the chart has. dict root, component */}}
{{- define "cygnet.pod" -}}
serviceAccountName: {{ include "cygnet.name" .root }}{{ if eq .component "operator" }}-operator{{ end }}
automountServiceAccountToken: {{ eq .component "operator" }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets: {{ range . }}
  - name: {{ . }}{{ end }}
{{- end }}
{{- with .root.Values.scheduling.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.scheduling.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.scheduling.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if .root.Values.topologySpread.enabled }}
topologySpreadConstraints:
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "cygnet.selector" $ | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "cygnet.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* An environment variable from the release's secret. dict root, name, key */}}
{{- define "cygnet.secret-env" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ include "cygnet.secret" .root }}, key: {{ .key }}}}
{{- end }}

{{/* The variable that says where Redis is, and as which of its users a service comes to it. dict root, name, user */}}
{{- define "cygnet.redis-env" -}}
{{- $external := .root.Values.externalRedis }}
{{- if .root.Values.redis.enabled }}
- name: REDIS_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "cygnet.name" .root }}-redis, key: {{ .user }}}}
- name: {{ .name }}
  value: redis://{{ .user }}:$(REDIS_PASSWORD)@{{ include "cygnet.name" .root }}-redis:6379/0
{{- else if $external.existingSecret }}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ $external.existingSecret }}, key: {{ ternary (printf "%s-url" .user) "redis-url" $external.users }}}}
{{- else }}
- name: {{ .name }}
  value: {{ $external.url | quote }}
{{- end }}
{{- end }}

{{/*
Probes of a gRPC port: quick to find a start, slow to give up. The event loop answers them; the service called liveness
says nothing else than that. dict port
*/}}
{{- define "cygnet.grpc-probes" -}}
startupProbe:
  grpc: {port: {{ .port }}}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 60
readinessProbe:
  grpc: {port: {{ .port }}}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  grpc: {port: {{ .port }}, service: liveness}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
