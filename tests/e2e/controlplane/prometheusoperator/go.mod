// The CRDs of ServiceMonitor, PodMonitor and PrometheusRule: read from the module's folder, nothing is built.
module hf-token-injector.io/e2e/prometheusoperator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
