//! `contrail serve`, as an application sees it.
