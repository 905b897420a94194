package mpi

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"cmae/internal/comm"
	"cmae/internal/comm/commtest"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestMain is a rank where a launcher started it, else the tests.
func TestMain(m *testing.M) {
	if _, ok := Launched(); !ok {
		os.Exit(m.Run())
	}
	w, err := Join()
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	behave[os.Getenv("CMAE_TEST_RANK")](w)
	w.Leave()
	os.Exit(0)
}

// behave is what ranks do in a test.
var behave = map[string]func(w *World){
	"sum":   sums,
	"stuck": stuck,
	"abort": func(w *World) {
		if w.Rank() == 1 {
			w.Abort(3)
		}
		comm.Gather(w, []byte{1})
	},
}

// sums has two threads of every rank sum what other orders would round otherwise, at once and
// while they compute on.
func sums(w *World) {
	r, err := comm.New(portable.New(1), 2, func() (kernel.Engine, error) {
		return portable.New(1), nil
	})
	if err != nil {
		panic(err)
	}
	r.Join(w, false)
	values := []float32{1e8, 0, -1e8, 0, 1, 0, 1, 0}
	var got [2]string
	err = r.Do(func(rank int, e kernel.Engine) error {
		c := r.Comm(rank).(comm.Later)
		x, large := e.New(kernel.F32, 1), e.New(kernel.F32, 300_000)
		e.Upload(x, kernel.Bytes(values[c.Rank():c.Rank()+1]))
		kernel.Slice[float32](large)[299_999] = float32(c.Rank())
		c.AllReduceLater(large)
		c.AllReduce(x)
		all := e.New(kernel.F32, c.Size())
		c.AllGather(all, x)
		c.Arrived()
		got[rank] = fmt.Sprint(kernel.Slice[float32](all), kernel.Slice[float32](large)[299_999])
		return nil
	})
	if err != nil {
		panic(err)
	}
	sent := comm.Send(w, fmt.Append(nil, "from rank ", w.Rank()))
	if string(sent) != "from rank 0" {
		panic(fmt.Sprintf("rank %d is sent %q", w.Rank(), sent))
	}
	time.Sleep(3 * beatEvery)
	rank, cores := w.OnHost()
	if cores < 1 {
		panic("a rank without a core")
	}
	fmt.Printf("rank %d/%d: %s %s\n", rank, w.Size(), got[0], got[1])
}

// stuck has rank 1 stop, as a debugger or a hanging machine stops it.
func stuck(w *World) {
	comm.Gather(w, []byte{1})
	if w.Rank() == 1 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	comm.Gather(w, []byte{1})
}

// mpirun starts ranks of this test, and returns what they print and how long they took.
func mpirun(t *testing.T, path, behaviour string, ranks int) (string, time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-np", fmt.Sprint(ranks), os.Args[0])
	cmd.Env = append(os.Environ(), "CMAE_TEST_RANK="+behaviour)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	return string(out), time.Since(start), err
}

func TestSums(t *testing.T) { commtest.EachLauncher(t, testSums) }

func testSums(t *testing.T, launcher string) {
	for ranks, want := range map[int]string{
		2: "[0 0 0 0] 6", 3: "[1 1 1 1 1 1] 15",
	} {
		out, _, err := mpirun(t, launcher, "sum", ranks)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for rank := range ranks {
			line := fmt.Sprintf("rank %d/%d: %s %s\n", rank, ranks, want, want)
			if !strings.Contains(out, line) {
				t.Errorf("%d ranks: want %q of\n%s", ranks, line, out)
			}
		}
	}
}

func TestAbort(t *testing.T) { commtest.EachLauncher(t, testAbort) }

func testAbort(t *testing.T, launcher string) {
	out, took, err := mpirun(t, launcher, "abort", 3)
	if err == nil || cmdCode(err) != 3 || took > 20*time.Second {
		t.Errorf("%v after %v\n%s", err, took, out)
	}
}

// TestStuck: ranks that wait for one that is stopped end the job.
func TestStuck(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a process that does not answer")
	}
	commtest.EachLauncher(t, testStuck)
}

func testStuck(t *testing.T, launcher string) {
	out, took, err := mpirun(t, launcher, "stuck", 3)
	if err == nil || !strings.Contains(out, "rank 1 has not answered rank 2") ||
		took > 30*time.Second {
		t.Errorf("%v after %v\n%s", err, took, out)
	}
}

func cmdCode(err error) int {
	if e, ok := err.(*exec.ExitError); ok {
		return e.ExitCode()
	}
	return -1
}

func TestLaunched(t *testing.T) {
	for _, c := range []struct {
		env        string
		rank, size int
		first      string
		ok, apart  bool
	}{
		{"", 0, 0, "", false, false},
		{
			"OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=2 PMIX_RANK=2", 2, 4, "libmpi.so.40", true,
			false,
		},
		{"PMI_RANK=1 PMI_SIZE=3", 1, 3, "libmpi.so.12", true, false},
		{"PMIX_RANK=5 SLURM_STEP_NUM_TASKS=8", 5, 8, "libmpi.so.40", true, true},
		{"SLURM_PROCID=0 SLURM_NTASKS=8", 0, 0, "", false, false}, // a batch script's own
		{"SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2", 0, 0, "", false, true},
	} {
		env := func(name string) string {
			for _, v := range strings.Fields(c.env) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}
		l, ok := launched(env)
		if ok != c.ok || l.rank != c.rank || l.size != c.size || apart(env) != c.apart {
			t.Errorf("%q: %+v, %v", c.env, l, ok)
		}
		if ok && l.names[0] != c.first {
			t.Errorf("%q: %v first", c.env, l.names)
		}
	}
}

// TestTwoHosts: ranks on two hosts, which are network namespaces, come to the same sums.
func TestTwoHosts(t *testing.T) {
	for _, tool := range []string{"mpirun.openmpi", "ip", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed (apt-get install openmpi-bin iproute2 util-linux)", tool)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "../../../scripts/two-hosts.sh", "none", os.Args[0])
	cmd.Env = append(os.Environ(), "CMAE_TEST_RANK=sum")
	out, err := cmd.CombinedOutput()
	if cmdCode(err) == 77 {
		t.Skipf("%s", out)
	}
	line := "rank 0/2: [0 0 0 0] 6 [0 0 0 0] 6\n" // each is the first of its host
	if err != nil || strings.Count(string(out), line) != 2 {
		t.Fatalf("%v, want %q twice of\n%s", err, line, out)
	}
}
