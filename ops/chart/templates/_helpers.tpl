{{/* StatefulSet and Services may have 52 characters: pods get a number behind it */}}
{{- define "connector.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "connector.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "connector.labels" -}}
{{ include "connector.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "connector.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "connector.name" .) "default" .Values.serviceAccount.create) -}}
{{- end }}

{{- define "connector.image" -}}
{{- $repository := required "image.repository: where the image is" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* By which a pod's web port may be asked */}}
{{- define "connector.webNames" -}}
{{- $service := include "connector.name" . -}}
{{- $inCluster := list $service (printf "%s.%s" $service .Release.Namespace) (printf "%s.%s.svc" $service .Release.Namespace) -}}
{{- $names := list -}}
{{- range $inCluster }}{{ $names = append $names (printf "$(CONNECTOR_INSTANCE).%s" .) }}{{ end -}}
{{- with .Values.settings.CONNECTOR_WEB__NAMES }}{{ $names = append $names . }}{{ end -}}
{{- join "," $names -}}
{{- end }}

{{/* What one container of ours has, whichever command it runs */}}
{{- define "connector.container" -}}
image: {{ include "connector.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: CONNECTOR_INSTANCE
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: CONNECTOR_WEB__NAMES
    value: {{ include "connector.webNames" . | quote }}
  - name: CONNECTOR_WEB__ADVERTISED_URL
    value: {{ printf "http://$(CONNECTOR_INSTANCE).%s.%s.svc:6066" (include "connector.name" .) .Release.Namespace | quote }}
  - name: CONNECTOR_MERCHANTS_FILE
    value: /etc/connector/merchants/merchants.toml
  - name: CONNECTOR_DOCUMENTS__URL
    value: {{ .Values.documents.url | default "file:///var/lib/connector/documents" }}
  {{- /* toString would make 1e+06 of a million */}}
  {{- range $name, $value := omit .Values.settings "CONNECTOR_WEB__NAMES" }}
  - name: {{ $name }}
    value: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
  {{- end }}
  {{- range $name, $_ := .Values.secrets }}
  - name: {{ $name }}_FILE
    value: /etc/connector/secrets/{{ $name }}
  {{- end }}
volumeMounts:
  - {name: data, mountPath: /var/lib/connector}
  - {name: tmp, mountPath: /tmp}
  - {name: merchants, mountPath: /etc/connector/merchants, readOnly: true}
  {{- if .Values.secrets }}
  - {name: secrets, mountPath: /etc/connector/secrets, readOnly: true}
  {{- end }}
  {{- if .Values.certificates.existingSecret }}
  - {name: certificates, mountPath: /etc/connector/certificates, readOnly: true}
  {{- end }}
  {{- if .Values.refreshTokens.existingSecret }}
  - {name: refresh-tokens, mountPath: /etc/connector/refresh-tokens, readOnly: true}
  {{- end }}
  {{- if .Values.documents.existingClaim }}
  - {name: documents, mountPath: /var/lib/connector/documents}
  {{- end }}
{{- end }}

{{/* What a pod of ours has, whichever command it runs */}}
{{- define "connector.pod" -}}
serviceAccountName: {{ include "connector.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false  # else a service's CONNECTOR_PORT would stand among the settings
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: data
    emptyDir: {sizeLimit: 4Gi}  # nothing in it has to survive
  - name: tmp
    emptyDir: {sizeLimit: 256Mi}
  - name: merchants
    configMap:
      name: {{ .Values.merchants.existingConfigMap | default (printf "%s-merchants" (include "connector.name" .)) }}
{{- if .Values.secrets }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
      {{- range $name, $secret := .Values.secrets }}
        - secret:
            name: {{ $secret.name }}
            items:
              - {key: {{ $secret.key }}, path: {{ $name }}}
      {{- end }}
{{- end }}
{{- with .Values.certificates.existingSecret }}
  - name: certificates
    secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- with .Values.refreshTokens.existingSecret }}
  - name: refresh-tokens
    secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- with .Values.documents.existingClaim }}
  - name: documents
    persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- end }}

{{/* What can't work is not installed */}}
{{- define "connector.check" -}}
{{- if ne (empty .Values.documents.url) (not (empty .Values.documents.existingClaim)) -}}
{{- fail "documents: give either url (s3://bucket/prefix) or existingClaim (a volume that all workers share)" -}}
{{- end -}}
{{- if ne (empty .Values.merchants.toml) (not (empty .Values.merchants.existingConfigMap)) -}}
{{- fail "merchants: give either toml or existingConfigMap" -}}
{{- end -}}
{{- $partitions := .Values.settings.CONNECTOR_KAFKA__PARTITIONS | default 12 | int -}}
{{- if gt (int .Values.replicas) $partitions -}}
{{- fail (printf "replicas: there are %d partitions, so at most as many workers have something to do" $partitions) -}}
{{- end -}}
{{- end }}
