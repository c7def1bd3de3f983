{{- define "hf-token-injector.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* 50 characters leave room for -cert-manager-tls within the 63 of a label and of a Service's name. */}}
{{- define "hf-token-injector.fullname" -}}
{{- $name := include "hf-token-injector.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "hf-token-injector.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "hf-token-injector.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: hf-token-injector
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "hf-token-injector.instance" -}}
app.kubernetes.io/name: {{ include "hf-token-injector.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Immutable in a Deployment; the component keeps the Pod of `helm test` out of the Service. */}}
{{- define "hf-token-injector.selectorLabels" -}}
{{ include "hf-token-injector.instance" . }}
app.kubernetes.io/component: webhook
{{- end }}

{{- define "hf-token-injector.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "hf-token-injector.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "hf-token-injector.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* "m" sorts after the "i" and "l" of inferenceservice.serving.kserve.io and llminferenceservice.serving.kserve.io. */}}
{{- define "hf-token-injector.mutatingConfiguration" -}}
{{ .Values.webhook.name | default (printf "mutating-%s" (include "hf-token-injector.fullname" .)) }}
{{- end }}

{{- define "hf-token-injector.validatingConfiguration" -}}
{{ printf "validating-%s" (include "hf-token-injector.fullname" .) }}
{{- end }}

{{- define "hf-token-injector.selfManagedSecret" -}}
{{ .Values.certificates.selfManaged.secretName | default (printf "%s-tls" (include "hf-token-injector.fullname" .)) }}
{{- end }}

{{/* Not the Secret of self-managed mode: a Secret's type cannot be changed, and cert-manager's is kubernetes.io/tls. */}}
{{- define "hf-token-injector.certManagerSecret" -}}
{{ printf "%s-cert-manager-tls" (include "hf-token-injector.fullname" .) }}
{{- end }}

{{- define "hf-token-injector.reservedNamespaces" -}}
- {{ .Release.Namespace }}
- kube-system
- kube-public
- kube-node-lease
{{- end }}

{{/* The Secrets that are followed, as the server finds them: the default, those of rules, and those that were added. */}}
{{- define "hf-token-injector.followedSecrets" -}}
{{- $names := list .Values.settings.secret.name }}
{{- range .Values.settings.rules }}
{{- if ne .secret "none" }}
{{- $names = append $names .secret }}
{{- end }}
{{- end }}
{{- concat $names .Values.settings.cluster.secretNames | uniq | toYaml }}
{{- end }}

{{/* What the server reads: the platform's settings, and what the chart knows. */}}
{{- define "hf-token-injector.config" -}}
{{- $chart := dict "server" (dict "port" (int .Values.ports.https) "opsPort" (int .Values.ports.ops)) }}
{{- if eq .Values.certificates.mode "self-managed" }}
{{- $_ := set $chart "certificates" (dict
  "mode" "self-managed"
  "secretName" (include "hf-token-injector.selfManagedSecret" .)
  "namespace" .Release.Namespace
  "service" (include "hf-token-injector.fullname" .)
  "clusterDomain" .Values.clusterDomain
  "mutatingConfiguration" (include "hf-token-injector.mutatingConfiguration" .)
  "validatingConfiguration" (include "hf-token-injector.validatingConfiguration" .)
  "checkSeconds" .Values.certificates.selfManaged.checkSeconds) }}
{{- else }}
{{- $provided := eq .Values.certificates.mode "provided" }}
{{- $_ := set $chart "certificates" (dict "mode" .Values.certificates.mode) }}
{{- $_ := set $chart "tls" (dict
  "certFile" (printf "/etc/hf-token-injector/tls/%s" (ternary .Values.certificates.provided.certKey "tls.crt" $provided))
  "keyFile" (printf "/etc/hf-token-injector/tls/%s" (ternary .Values.certificates.provided.keyKey "tls.key" $provided))) }}
{{- end }}
{{- toYaml (mergeOverwrite (deepCopy .Values.settings) $chart) }}
{{- end }}
