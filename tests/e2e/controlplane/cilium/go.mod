// Cilium, whose CRDs the end-to-end tests install.
module hf-token-injector.io/e2e/cilium

go 1.26.0

require github.com/cilium/cilium v1.20.2
