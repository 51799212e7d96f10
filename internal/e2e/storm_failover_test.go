package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/internal/storm"
	"github.com/postseal/postseal/store"
)

// failoverMessages is enough that some are under way at each moment of a failover.
const failoverMessages = 120

// TestStormSentinel kills the master under load; Sentinel makes the replica the
// new one, the old one comes back as its replica. Promises 1, 2, 4 and 5
func TestStormSentinel(t *testing.T) {
	t.Parallel()
	const name = "ours"
	master := redistest.StartRedis(t, "--repl-diskless-sync-delay", "0")
	replica := redistest.StartRedis(t, "--repl-diskless-sync-delay", "0", "--replicaof", strings.Replace(master.Addr, ":", " ", 1))
	sentinel := redistest.StartSentinel(t, name, master)
	watcher := sentinel.Client()
	defer watcher.Close()
	replicas := func(n int) func() bool {
		return func() bool {
			info, err := watcher.Info(context.Background(), "sentinel").Result()
			return err == nil && strings.Contains(info, "status=ok,address=") && strings.Contains(info, fmt.Sprintf("slaves=%d", n))
		}
	}
	sentinel.WaitFor(replicas(1))
	s := &tempest{t: t, seed: 1, stored: store.Options{Addresses: []string{sentinel.Addr}, MasterName: name}}
	s.build(failoverMessages, e2etest.PostsealOptions{Redis: sentinel.Addr, RedisMore: ", master_name: " + name + ", wait_replicas: 1"})
	s.failover(func() {
		master.Kill()
		replica.WaitFor(func() bool { return roleOf(replica) == "master" })
		master.Start()
	})
}

// TestStormCluster kills a master of three under load; the cluster makes its
// replica the new one. Promises 1, 2, 4 and 5
func TestStormCluster(t *testing.T) {
	t.Parallel()
	const masters = 3
	var nodes []*redistest.Server
	for range 2 * masters {
		nodes = append(nodes, redistest.StartRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0", "--cluster-config-file", "nodes.conf"))
	}
	joinCluster(t, nodes, masters)
	s := &tempest{t: t, seed: 1, stored: store.Options{Addresses: []string{nodes[0].Addr, nodes[1].Addr}}}
	s.build(failoverMessages, e2etest.PostsealOptions{Redis: nodes[0].Addr + `", "` + nodes[1].Addr, RedisMore: ", wait_replicas: 1"})
	s.failover(func() {
		nodes[masters-1].Kill()
		heir := nodes[2*masters-1]
		heir.WaitFor(func() bool { return roleOf(heir) == "master" })
		nodes[masters-1].Start()
	})
}

// joinCluster makes one cluster of nodes: the first are masters, each of the rest
// the replica of one.
func joinCluster(t *testing.T, nodes []*redistest.Server, masters int) {
	t.Helper()
	ctx := context.Background()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	clients := make([]*redis.Client, len(nodes))
	for i, n := range nodes {
		clients[i] = n.Client()
		defer clients[i].Close()
		if i < masters {
			const slots = 16384
			ok(clients[i].ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err())
		}
		ok(clients[0].ClusterMeet(ctx, "127.0.0.1", fmt.Sprint(n.Port())).Err())
	}
	info := func(i int) string {
		text, err := clients[i].ClusterInfo(ctx).Result()
		if err != nil {
			return ""
		}
		return text
	}
	everywhere := func(text string) func() bool {
		return func() bool {
			for i := range nodes {
				if !strings.Contains(info(i), text) {
					return false
				}
			}
			return true
		}
	}
	nodes[0].WaitFor(everywhere(fmt.Sprintf("cluster_known_nodes:%d", len(nodes))))
	for i := masters; i < len(nodes); i++ {
		id, err := clients[i-masters].ClusterMyID(ctx).Result()
		ok(err)
		nodes[i].WaitFor(func() bool { return clients[i].ClusterReplicate(ctx, id).Err() == nil })
	}
	nodes[0].WaitFor(everywhere("cluster_state:ok"))
	for i := range masters {
		nodes[i].WaitFor(func() bool {
			text, err := clients[i].Info(ctx, "replication").Result()
			return err == nil && strings.Contains(text, "state=online")
		})
	}
}

func roleOf(s *redistest.Server) string {
	c := s.Client()
	defer c.Close()
	text, err := c.Info(context.Background(), "replication").Result()
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(text, "role:")
	role, _, _ := strings.Cut(rest, "\r\n")
	return role
}

// failover sends letters, has the master killed in the midst of them, and judges.
func (s *tempest) failover(kill func()) {
	left := int64(0)
	s.during(failoverMessages, func() {
		s.waitAcked(failoverMessages / 3)
		trouble := storm.Trouble{What: "master killed", From: time.Now()}
		kill()
		trouble.To = time.Now().Add(time.Minute) // until all have found the new one
		s.troubles = append(s.troubles, trouble)
		left = failoverMessages - s.acked.Load()
	})
	s.calm()
	v := storm.Judge(s.evidence())
	for _, line := range v.Said {
		s.t.Log(line)
	}
	s.t.Logf("messages %d, of them %d after the failover; repeated %d, each explained by a cut; %d not", failoverMessages, left, v.Repeated, v.Unexplained)
	s.t.Log(v)
	if !v.OK() {
		s.t.Error("the promises do not hold over a failover")
	}
}
