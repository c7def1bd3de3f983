{{/* The parts that all entries share. */}}

{{- define "hf-token-injector.clientConfig" -}}
clientConfig:
  service:
    name: {{ include "hf-token-injector.fullname" .root }}
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
    port: {{ .root.Values.service.port }}
  {{- if and (eq .root.Values.certificates.mode "provided") .root.Values.certificates.provided.caBundle }}
  caBundle: {{ .root.Values.certificates.provided.caBundle | b64enc }}
  {{- end }}
{{- end }}

{{- define "hf-token-injector.behaviour" -}}
failurePolicy: {{ .Values.webhook.failurePolicy }}
matchPolicy: Equivalent
reinvocationPolicy: IfNeeded
sideEffects: NoneOnDryRun
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
admissionReviewVersions:
  - v1
{{- end }}

{{- define "hf-token-injector.podRules" -}}
rules:
  - apiGroups: [""]
    apiVersions: [v1]
    resources: [pods]
    operations: [CREATE]
    scope: Namespaced
{{- end }}

{{/* Expressions of a namespaceSelector. */}}
{{- define "hf-token-injector.optedIn" -}}
- key: hf-token-injector.io/inject
  operator: In
  values: [enabled, all, audit]
{{- end }}

{{- define "hf-token-injector.notReserved" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values:
    {{- include "hf-token-injector.reservedNamespaces" . | nindent 4 }}
{{- end }}

{{- define "hf-token-injector.notExcluded" -}}
{{ include "hf-token-injector.notReserved" . }}
{{- with .Values.webhook.excludedNamespaces }}
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{/* Expressions of an objectSelector. A Pod is of one kind: by the first of these that holds. */}}
{{- define "hf-token-injector.notOptedOut" -}}
- key: hf-token-injector.io/inject
  operator: NotIn
  values: [disabled]
{{- end }}

{{- define "hf-token-injector.notInferenceService" -}}
- key: serving.kserve.io/inferenceservice
  operator: DoesNotExist
{{- end }}

{{- define "hf-token-injector.notKserve" -}}
{{ include "hf-token-injector.notInferenceService" . }}
- key: app.kubernetes.io/part-of
  operator: NotIn
  values: [llminferenceservice]
{{- end }}

{{/* The image of a static Pod in the API: its spec cannot be changed. */}}
{{- define "hf-token-injector.notMirrorPod" -}}
- name: not-a-mirror-pod
  expression: "!('kubernetes.io/config.mirror' in object.metadata.?annotations.orValue({}))"
{{- end }}

{{/* CEL: whether a label or annotation of ours is new, another, or gone. */}}
{{- define "hf-token-injector.ourKeysChanged" -}}
['labels', 'annotations'].exists(field,
  object.metadata[?field].orValue({}).exists(key, key.startsWith('hf-token-injector.io/') &&
    object.metadata[field][?key] != oldObject.metadata[?field].orValue({})[?key]) ||
  oldObject.metadata[?field].orValue({}).exists(key, key.startsWith('hf-token-injector.io/') &&
    !(key in object.metadata[?field].orValue({}))))
{{- end }}
