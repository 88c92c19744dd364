{{/* Names, labels and what all containers have in common. */}}

{{- define "authserver.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "authserver.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "authserver.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "authserver.selector" -}}
app.kubernetes.io/name: {{ include "authserver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "authserver.labels" -}}
{{ include "authserver.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "authserver.image" -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else -}}
{{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end -}}
{{- end -}}

{{/* Of a pod: user 10001 of the image, and no way to the API of the cluster. */}}
{{- define "authserver.pod" -}}
automountServiceAccountToken: false
# The links of a Service named authserver are variables such as AUTHSERVER_PORT, and a variable that
# Authserver does not know stops its start.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* Of a container: image, settings and what it may do. */}}
{{- define "authserver.container" -}}
image: {{ include "authserver.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: AUTHSERVER_ISSUER
    value: {{ .Values.issuer | quote }}
  - name: AUTHSERVER_DATABASE_URL_FILE
    value: /run/secrets/authserver/database_url
  - name: AUTHSERVER_KEY_ENCRYPTION_KEY_FILE
    value: /run/secrets/authserver/key_encryption_key
  {{- if .Values.secrets.redis }}
  - name: AUTHSERVER_REDIS_URL_FILE
    value: /run/secrets/authserver/redis_url
  {{- end }}
  {{- if .Values.metrics.enabled }}
  - name: AUTHSERVER_METRICS_BIND
    value: {{ printf "0.0.0.0:%v" .Values.metrics.port | quote }}
  {{- end }}
  {{- with .Values.trustedProxies }}
  - name: AUTHSERVER_TRUSTED_PROXIES
    value: {{ join "," . | quote }}
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
volumeMounts:
  - name: secrets
    mountPath: /run/secrets/authserver
    readOnly: true
  - name: tmp
    mountPath: /tmp
  - name: keys
    mountPath: /srv/keys
{{- end -}}

{{/* The volumes that go with it; takes the name of the Secret. */}}
{{- define "authserver.volumes" -}}
- name: secrets
  secret:
    secretName: {{ . }}
    defaultMode: 0440
- name: tmp
  emptyDir:
    medium: Memory
    sizeLimit: 64Mi
# Nothing is kept here: the key-encryption key comes from the Secret.
- name: keys
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- end -}}
