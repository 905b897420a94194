package rundir

// Row is one line of metrics.jsonl. Event says which fields it has: step, epoch or refresh. Step
// counts optimizer steps done.
type Row struct {
	Event string   `json:"event"`
	Step  int      `json:"step"`
	Epoch int      `json:"epoch"`
	Loss  *float64 `json:"loss,omitempty"`
	// con, loc, ctr, before their weights
	Terms           map[string]float64 `json:"terms,omitempty"`
	LR              *float64           `json:"lr,omitempty"`
	Momentum        *float64           `json:"momentum,omitempty"`
	GradNorm        *float64           `json:"grad_norm,omitempty"`
	ImagesPerSecond float64            `json:"images_per_second,omitempty"`
	DataWait        *float64           `json:"data_wait_seconds,omitempty"`
	Accuracy        *float64           `json:"knn_accuracy,omitempty"`
	// of a classifier in finetuning
	TestAccuracy *float64 `json:"test_accuracy,omitempty"`
	TestTop5     *float64 `json:"test_top5,omitempty"`
	Boxes        *BoxRow  `json:"boxes,omitempty"`
}

// BoxRow sums up the boxes of ContrastiveCrop after a refresh.
type BoxRow struct {
	MeanArea   float64 `json:"mean_area"`
	FullShare  float64 `json:"full_share"`
	Movement   float64 `json:"movement"`
	Degenerate int     `json:"degenerate"`
}
