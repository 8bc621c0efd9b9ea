{{- /* Whatever the release is called: a cluster has one agent, and a second installation must collide with the first. */ -}}
{{- define "kubenova-agent.fullname" -}}
kubenova-agent
{{- end -}}

{{- define "kubenova-agent.selector" -}}
app.kubernetes.io/name: kubenova-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kubenova-agent.labels" -}}
{{ include "kubenova-agent.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: kubenova
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "kubenova-agent.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "kubenova-agent.joinSecret" -}}
{{- .Values.existingSecret | default (printf "%s-join" (include "kubenova-agent.fullname" .)) -}}
{{- end -}}

{{- define "kubenova-agent.managerPort" -}}
{{- $url := urlParse .Values.manager.url -}}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) -}}
{{- $port | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end -}}

{{- define "kubenova-agent.tracesPort" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) -}}
{{- $port | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end -}}

{{- define "kubenova-agent.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "kubenova-agent.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- /*
What both modes look at: every kind that ClusterRole edit may write, since an app may hold one and the agent must see
whether it is ready, and what the inventory counts. Never Secrets.
*/ -}}
{{- define "kubenova-agent.readRules" -}}
{{- $read := "verbs: [get, list, watch]" -}}
# The inventory (nodes, namespaces, pods), and what apps are made of.
- apiGroups: [""]
  resources:
    - namespaces
    - nodes
    - pods
    - services
    - endpoints
    - configmaps
    - persistentvolumeclaims
    - replicationcontrollers
    - serviceaccounts
    - resourcequotas
    - limitranges
    - events
  {{ $read }}
# Whether workloads are ready.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  {{ $read }}
# Whether jobs are done.
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  {{ $read }}
# Whether scaling, and no person, changed a number of replicas.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  {{ $read }}
# Whether an app's host has an address, and what isolates it.
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  {{ $read }}
# What an app says of its availability.
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  {{ $read }}
# Which pods stand behind a Service: for the service proxy.
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  {{ $read }}
# What apps agree by, when they elect a leader.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  {{ $read }}
# Devices that apps claim.
- apiGroups: [resource.k8s.io]
  resources: [resourceclaims, resourceclaimtemplates]
  {{ $read }}
# Which custom resources there are, and whether their definitions are established.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  {{ $read }}
# Logs that people follow through the tunnel.
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
{{- range .Values.extraReads }}
# Asked for by the value extraReads.
- apiGroups: {{ toJson .apiGroups }}
  resources: {{ toJson .resources }}
  {{ $read }}
{{- end }}
{{- end -}}

{{- /*
The cluster's service ranges, where it tells them: Kubernetes 1.33 and later, and never `helm template`.
*/ -}}
{{- define "kubenova-agent.serviceCIDRs" -}}
{{- $found := list -}}
{{- if .Capabilities.APIVersions.Has "networking.k8s.io/v1/ServiceCIDR" -}}
{{- range (lookup "networking.k8s.io/v1" "ServiceCIDR" "" "").items -}}
{{- $found = concat $found .spec.cidrs -}}
{{- end -}}
{{- end -}}
{{- $found | join "," -}}
{{- end -}}

{{- /*
No module comes from the cluster's services and API servers. Where helm speaks to the cluster, they are looked up; `helm
template` knows none, and sources.refusedCIDRs has to name them.
*/ -}}
{{- define "kubenova-agent.refusedCIDRs" -}}
{{- $found := .Values.sources.refusedCIDRs | default list -}}
{{- with include "kubenova-agent.serviceCIDRs" . -}}
{{- $found = concat $found (splitList "," .) -}}
{{- end -}}
{{- range (lookup "discovery.k8s.io/v1" "EndpointSlice" "default" "kubernetes").endpoints -}}
{{- $found = concat $found .addresses -}}
{{- end -}}
{{- $found | uniq | join "," -}}
{{- end -}}
