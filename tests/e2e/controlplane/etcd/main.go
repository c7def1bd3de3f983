// etcd's own main package is not in a module that a tool directive can name, so its one line stands here.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
