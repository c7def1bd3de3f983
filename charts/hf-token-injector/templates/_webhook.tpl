{{/* The parts that configurations and entries share. */}}

{{- define "hf-token-injector.configurationAnnotations" -}}
{{- $certManager := eq .Values.certificates.mode "cert-manager" }}
{{- if or $certManager .Values.webhook.annotations }}
annotations:
  {{- if $certManager }}
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "hf-token-injector.fullname" . }}
  {{- end }}
  {{- with .Values.webhook.annotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

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
failurePolicy: {{ .failurePolicy }}
matchPolicy: Equivalent
sideEffects: NoneOnDryRun
timeoutSeconds: {{ .root.Values.webhook.timeoutSeconds }}
admissionReviewVersions:
  - v1
{{- end }}

{{- define "hf-token-injector.mutatingBehaviour" -}}
{{ include "hf-token-injector.behaviour" (dict "root" . "failurePolicy" .Values.webhook.failurePolicy) }}
reinvocationPolicy: IfNeeded
{{- end }}

{{/* Not empty where a check of the policy refuses. */}}
{{- define "hf-token-injector.policyRefuses" -}}
{{- with .Values.settings.policy }}
{{- if has "deny" (list .literalTokens .repositories.action .requireRevision .requireToken .trustRemoteCode) }}true{{ end }}
{{- end }}
{{- end }}

{{/* What is refused must not get in while nobody answers; what is only warned about may. */}}
{{- define "hf-token-injector.policyFailurePolicy" -}}
{{- .Values.policyWebhook.failurePolicy | default (ternary "Fail" "Ignore" (eq "true" (include "hf-token-injector.policyRefuses" .))) }}
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

{{- define "hf-token-injector.judged" -}}
{{- with .Values.policyWebhook.namespaceSelector.matchExpressions }}
{{- toYaml . }}
{{ end }}
{{- include "hf-token-injector.notExcluded" . }}
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

{{/* Who a Pod is of: a controller makes another one, a person reads the sentence. */}}
{{- define "hf-token-injector.hasController" -}}
object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false))
{{- end }}

{{/* KServe's controllers update every object, and nothing may stand between an object and its end. */}}
{{- define "hf-token-injector.newOrChanged" -}}
- name: not-being-deleted
  expression: "!has(object.metadata.deletionTimestamp)"
- name: spec-or-our-keys-changed
  expression: |-
    request.operation != 'UPDATE' || object.?spec != oldObject.?spec ||
    {{- include "hf-token-injector.ourKeysChanged" . | nindent 4 }}
{{- end }}

{{/* CEL: whether a label or annotation of ours is new, another, or gone. */}}
{{- define "hf-token-injector.ourKeysChanged" -}}
['labels', 'annotations'].exists(field,
  object.metadata[?field].orValue({}).exists(key, key.startsWith('hf-token-injector.io/') &&
    object.metadata[field][?key] != oldObject.metadata[?field].orValue({})[?key]) ||
  oldObject.metadata[?field].orValue({}).exists(key, key.startsWith('hf-token-injector.io/') &&
    !(key in object.metadata[?field].orValue({}))))
{{- end }}
